package discord

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"

	"github.com/bwmarrin/discordgo"
)

// sieve lets through what a server sends over a websocket, one whole message at a time and only
// what judge takes: once discordgo has it, nobody can catch what it falls over.
type sieve struct {
	judge func(binary bool, message []byte) (pass bool, err error)

	in       []byte // what has come and is not whole yet
	upgraded bool   // the handshake's headers are through
	frames   []byte // of the message that is coming, as they came
	message  []byte // what they say
	opcode   byte   // of the first of them; 0: no message is coming
}

const (
	// maxHandshake is how long the answer to the handshake may be.
	maxHandshake = 32 << 10
	// maxMessage is how long a message may be: READY and GUILD_CREATE of the largest server are a
	// few MiB.
	maxMessage = 64 << 20
)

// errFrames says that a server does not keep to RFC 6455.
var errFrames = errors.New("discord gateway: what comes is no websocket message")

// A frame of a server (RFC 6455, section 5.2).
const (
	lastFrame  = 0x80 // the last frame of a message
	reserved   = 0x70 // bits that only an extension uses, and we ask for none
	masked     = 0x80 // only a client's frames are
	opMore     = 0    // goes on with a message
	opBinary   = 2
	opControls = 8 // from here on: not part of a message
)

// feed takes in what has come, and gives what is let through.
func (s *sieve) feed(b []byte) (out []byte, err error) {
	s.in = append(s.in, b...)
	if !s.upgraded {
		end := bytes.Index(s.in, []byte("\r\n\r\n"))
		switch {
		case end < 0 && len(s.in) <= maxHandshake:
			return nil, nil
		case end < 0:
			return nil, errFrames
		}
		end += len("\r\n\r\n")
		s.upgraded, out, s.in = true, s.in[:end:end], s.in[end:]
	}
	for {
		frame, payload, err := nextFrame(s.in)
		if err != nil || frame == nil {
			return out, err
		}
		s.in = s.in[len(frame):]
		opcode := frame[0] & 0x0f
		if opcode >= opControls { // stands between the frames of a message as well
			out = append(out, frame...)
			continue
		}
		if (opcode == opMore) == (s.opcode == 0) || opcode > opBinary || len(s.message)+len(payload) > maxMessage {
			return out, errFrames
		}
		if opcode != opMore {
			s.opcode = opcode
		}
		s.frames, s.message = append(s.frames, frame...), append(s.message, payload...)
		if frame[0]&lastFrame == 0 {
			continue
		}
		pass, err := s.judge(s.opcode == opBinary, s.message)
		if err != nil {
			return out, err
		}
		if pass {
			out = append(out, s.frames...)
		}
		s.frames, s.message, s.opcode = nil, nil, 0
	}
}

// nextFrame is the first frame of what has come, and its payload; nil: it has not come whole.
func nextFrame(b []byte) (frame, payload []byte, err error) {
	if len(b) < 2 {
		return nil, nil, nil
	}
	if b[0]&reserved != 0 || b[1]&masked != 0 {
		return nil, nil, errFrames
	}
	size, head := uint64(b[1]), 2
	switch {
	case size == 126 && len(b) >= 4:
		size, head = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case size == 127 && len(b) >= 10:
		size, head = binary.BigEndian.Uint64(b[2:]), 10
	case size > 125:
		return nil, nil, nil
	}
	if size > maxMessage {
		return nil, nil, errFrames
	}
	end := head + int(size)
	if len(b) < end {
		return nil, nil, nil
	}
	return b[:end:end], b[head:end], nil
}

// readEvent reads a message of the gateway as discordgo does; false: it would fall over it, or take
// nothing from it.
func readEvent(message []byte) (e discordgo.Event, ok bool) {
	if b := bytes.TrimLeft(message, " \t\r\n"); len(b) == 0 || b[0] != '{' || json.Unmarshal(b, &e) != nil {
		return discordgo.Event{}, false
	}
	switch e.Type {
	case "READY":
		var r struct {
			Guilds []json.RawMessage `json:"guilds"`
		}
		_ = json.Unmarshal(e.RawData, &r) // as far as it can be read
		return e, !slices.ContainsFunc(r.Guilds, func(g json.RawMessage) bool { return null(g) || holes(g) })
	case "GUILD_CREATE", "GUILD_UPDATE":
		var g map[string]json.RawMessage
		return e, json.Unmarshal(e.RawData, &g) == nil && g["id"] != nil && !holes(e.RawData)
	case "VOICE_STATE_UPDATE", "VOICE_SERVER_UPDATE":
		return e, false // nobody asked for them
	}
	return e, true
}

// holes reports whether a server's lists have nothing in the place of an element: discordgo notes on
// each whose it is.
func holes(guild []byte) bool {
	var g struct {
		Channels []json.RawMessage `json:"channels"`
		Members  []json.RawMessage `json:"members"`
		Voices   []json.RawMessage `json:"voice_states"`
	}
	_ = json.Unmarshal(guild, &g) // as far as it can be read
	return slices.ContainsFunc(slices.Concat(g.Channels, g.Members, g.Voices), null)
}

func null(b json.RawMessage) bool { return len(b) == 0 || string(b) == "null" }
