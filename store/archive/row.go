package archive

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// OddText is bytes that came from a column of texts and are no UTF-8: they stay a text.
type OddText string

// appendRow writes a row of int64, string, []byte, float64 and nil as one line of JSON.
func appendRow(b []byte, values []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		switch v := v.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case string:
			if !utf8.ValidString(v) {
				b = appendBytes(b, "text", []byte(v))
				continue
			}
			s, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			b = append(b, s...)
		case []byte:
			b = appendBytes(b, "bytes", v)
		case float64:
			b = append(b, `{"real":"`...)
			b = strconv.AppendFloat(b, v, 'x', -1, 64)
			b = append(b, `"}`...)
		default:
			return nil, fmt.Errorf("a value of type %T cannot be kept", v)
		}
	}
	return append(b, "]\n"...), nil
}

func appendBytes(b []byte, name string, v []byte) []byte {
	b = append(b, `{"`+name+`":"`...)
	b = base64.StdEncoding.AppendEncode(b, v)
	return append(b, `"}`...)
}

var errRow = errors.New("this is not a row")

// parseRow reads a line written by appendRow; columns is how many values it must have.
func parseRow(line []byte, columns int) ([]any, error) {
	if !utf8.Valid(line) {
		return nil, errRow
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var found []any
	if err := d.Decode(&found); err != nil {
		return nil, errRow
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || len(found) != columns {
		return nil, errRow
	}
	for i, v := range found {
		switch v := v.(type) {
		case nil, string:
		case json.Number:
			n, err := strconv.ParseInt(string(v), 10, 64)
			if err != nil {
				return nil, errRow
			}
			found[i] = n
		case map[string]any:
			x, err := parseOdd(v)
			if err != nil {
				return nil, err
			}
			found[i] = x
		default:
			return nil, errRow
		}
	}
	return found, nil
}

// parseOdd reads a value that is no plain JSON.
func parseOdd(m map[string]any) (any, error) {
	if len(m) != 1 {
		return nil, errRow
	}
	for name, v := range m {
		s, ok := v.(string)
		if !ok {
			return nil, errRow
		}
		if name == "real" {
			f, err := strconv.ParseFloat(s, 64)
			if err != nil {
				return nil, errRow
			}
			return f, nil
		}
		b, err := base64.StdEncoding.Strict().DecodeString(s)
		switch {
		case err != nil:
			return nil, errRow
		case name == "bytes":
			return b, nil
		case name == "text":
			return OddText(b), nil
		}
	}
	return nil, errRow
}
