package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// askWithin bounds a question to a running server, which a container's runtime ends otherwise.
const askWithin = 4 * time.Second

// checkServer asks whether a server of these settings is running and can do its work.
func checkServer(ctx context.Context, x *patient) []finding {
	address, err := x.ownAddress()
	if err != nil {
		return faulty(x.inWords(err))
	}
	if _, _, err := ask(ctx, address, healthPath); err != nil {
		return []finding{notice(x.say("cli.doctor.server_none", "address", address))}
	}
	status, body, err := ask(ctx, address, readyPath)
	if err != nil {
		return faulty(x.say("cli.doctor.server_silent", "address", address))
	}
	var answer readyAnswer
	if json.Unmarshal(body, &answer) != nil || answer.Parts == nil {
		return faulty(x.say("cli.doctor.server_other", "address", address))
	}
	if status == http.StatusOK && answer.Ready {
		return fine(x.say("cli.doctor.server", "address", address))
	}
	var broken []string
	for part, works := range answer.Parts {
		if !works {
			broken = append(broken, part)
		}
	}
	slices.Sort(broken)
	var lines []string
	for _, part := range broken {
		if slices.Contains(parts, part) {
			part = x.say("cli.part." + part)
		}
		lines = append(lines, part)
	}
	return faulty(x.say("cli.doctor.server_unready", "address", address, "parts", strings.Join(lines, x.say("separator"))))
}

// health asks the server of these settings whether it is well.
func (p *program) health(ctx context.Context) error {
	address, err := p.ownAddress()
	if err != nil {
		return err
	}
	status, _, err := ask(ctx, address, healthPath)
	if err != nil {
		return say("cli.health.silent", "address", address)
	}
	if status != http.StatusOK {
		return say("cli.health.unwell", "status", strconv.Itoa(status)+" "+http.StatusText(status))
	}
	return nil
}

// ownAddress is where a server of these settings is asked. One that listens on all addresses
// is asked on this machine's own.
func (p *program) ownAddress() (string, error) {
	host, port, err := net.SplitHostPort(p.settings.Listen)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// direct never goes through a proxy that the environment names: the server is asked itself.
var direct = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func ask(ctx context.Context, address, path string) (status int, body []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, nil, err
	}
	res, err := direct.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(io.LimitReader(res.Body, 1<<16))
	return res.StatusCode, body, err
}
