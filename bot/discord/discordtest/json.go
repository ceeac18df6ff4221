package discordtest

import (
	"encoding/json"
	"slices"
)

// clone is a deep copy of JSON; nil stays nil.
func clone[T any](v T) T {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // only what was JSON is kept
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

func asJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

func contains(all []string, one string) bool { return slices.Contains(all, one) }

// dig reads inside of objects.
func dig(v any, path ...string) any {
	for _, name := range path {
		o, _ := v.(obj)
		v = o[name]
	}
	return v
}

// text reads a text inside of objects.
func text(v any, path ...string) string {
	s, _ := dig(v, path...).(string)
	return s
}

// number reads a number inside of objects.
func number(v any, path ...string) int {
	n, _ := dig(v, path...).(float64)
	return int(n)
}

func list(v any) []any { l, _ := v.([]any); return l }

// texts reads a list of texts.
func texts(v any) []string {
	var out []string
	for _, s := range list(v) {
		if s, ok := s.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func values[K comparable, V any](m map[K]V) []V {
	var out []V
	for _, v := range m {
		out = append(out, v)
	}
	return out
}
