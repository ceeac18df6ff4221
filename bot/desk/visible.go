package desk

import (
	"reflect"

	"hikeshi/bot/chat"
	"hikeshi/templates"
)

// shown makes visible, in everything that leaves the desk to be read, what a reader could not
// see in a text that somebody typed, such as the mark that turns a file name around. It stands
// at the way out and not where texts are put together, so that none can be forgotten.
//
// Names of our own types (actions, users) are no texts. What stands in an input is sent back
// and stays as it was typed, but for an input that only shows something.
func shown[T any](x T) T {
	makeVisible(reflect.ValueOf(&x).Elem())
	return x
}

var textType = reflect.TypeFor[string]()

// sentBack reports whether a field holds what a form returns rather than what it says.
func sentBack(v reflect.Value, field string) bool {
	if field != "Value" {
		return false
	}
	switch x := v.Interface().(type) {
	case chat.Input:
		return x.Kind != chat.Fixed
	case chat.Option:
		return true
	}
	return false
}

func makeVisible(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() != textType {
			return
		}
		// What stays is not written: a list of options may be everybody's.
		if s := templates.Printable(v.String()); s != v.String() {
			v.SetString(s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			makeVisible(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			makeVisible(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() && !sentBack(v, f.Name) {
				makeVisible(v.Field(i))
			}
		}
	}
}
