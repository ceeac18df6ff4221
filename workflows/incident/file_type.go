package incident

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TypeProgram is the type of what an operating system would run as it is.
const TypeProgram = "application/x-executable"

// SniffLength is how many bytes from the beginning of a file FileType looks at.
const SniffLength = 1024

// signatures are the beginnings of the kinds of files that evidence usually is.
var signatures = []struct {
	at     int
	begins string
	is     string
}{
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "GIF8", "image/gif"},
	{0, "BM", "image/bmp"},
	{0, "II*\x00", "image/tiff"},
	{0, "MM\x00*", "image/tiff"},
	{8, "WEBP", "image/webp"},
	{4, "ftypheic", "image/heic"},
	{4, "ftypmif1", "image/heic"},
	{4, "ftypavif", "image/avif"},
	{4, "ftyp", "video/mp4"},
	{0, "%PDF-", "application/pdf"},
	{0, "PK\x03\x04", "application/zip"},
	{0, "PK\x05\x06", "application/zip"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{0, "Rar!\x1a\x07", "application/vnd.rar"},
	{0, "\x1f\x8b", "application/gzip"},
	{0, "BZh", "application/x-bzip2"},
	{0, "\xfd7zXZ\x00", "application/x-xz"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd"},
	{257, "ustar", "application/x-tar"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"}, // .doc, .xls, .msg
	{0, "{\\rtf", "application/rtf"},
	{0, "SQLite format 3\x00", "application/vnd.sqlite3"},
	{0, "\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"},
	{0, "\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"},
	{0, "\x0a\x0d\x0d\x0a", "application/x-pcapng"},
	{0, "ElfFile\x00", "application/x-evtx"}, // the event log of Windows
}

// FileType tells what a file is by its first bytes, as a media type; neither its name nor
// what the sender says counts. What is not recognised is application/octet-stream.
func FileType(head []byte) string {
	head = head[:min(len(head), SniffLength)]
	if program(head) {
		return TypeProgram
	}
	for _, s := range signatures {
		if len(head) >= s.at+len(s.begins) && string(head[s.at:s.at+len(s.begins)]) == s.begins {
			return s.is
		}
	}
	if text, ok := plainText(head); ok {
		text = strings.ToLower(strings.TrimSpace(text))
		for _, begins := range []string{"<!doctype html", "<html", "<head", "<body", "<script"} {
			if strings.HasPrefix(text, begins) {
				return "text/html"
			}
		}
		if strings.HasPrefix(text, "<?xml") || strings.HasPrefix(text, "<svg") {
			return "text/xml"
		}
		return "text/plain"
	}
	return "application/octet-stream"
}

// program recognises what Windows, Linux and macOS load as a program, and the shortcut of
// Windows, which runs one.
func program(head []byte) bool {
	for _, begins := range []string{
		"\x7fELF", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe",
		"\x4c\x00\x00\x00\x01\x14\x02\x00", // .lnk
		"\xca\xfe\xba\xbe",                 // of several machines, and of Java
	} {
		if bytes.HasPrefix(head, []byte(begins)) {
			return true
		}
	}
	// "MZ" alone may begin a text; a program of Windows says further on where its own head is,
	// and one of DOS has no letters where a text would.
	if !bytes.HasPrefix(head, []byte("MZ")) || len(head) < 64 {
		return false
	}
	at := binary.LittleEndian.Uint32(head[60:64])
	if int64(at)+4 <= int64(len(head)) && string(head[at:at+2]) == "PE" {
		return true
	}
	_, text := plainText(head)
	return !text
}

// plainText gives the beginning of a text in UTF-8 or, as Windows writes it, UTF-16; ok is
// false for anything else. A text in Shift_JIS is one whose bytes hold no control character.
func plainText(head []byte) (text string, ok bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		head = head[3:]
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "", true
	}
	for i := 0; i < utf8.UTFMax-1 && len(head) > 0 && !utf8.Valid(head); i++ {
		head = head[:len(head)-1] // the end may cut a character
	}
	for _, b := range head {
		if b < 0x20 && !unicode.IsSpace(rune(b)) && b != 0x1b || b == 0x7f {
			return "", false
		}
	}
	return string(head), len(head) > 0
}
