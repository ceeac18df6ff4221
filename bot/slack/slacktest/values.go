package slacktest

// key names an element within a view.
func key(block, element obj) string {
	return text(block, "block_id") + "\x00" + text(element, "action_id")
}

// value is what stands in an element, typed as Slack types it; nil: it takes no value.
func (v *view) value(block, e obj) obj {
	if val := v.typed[key(block, e)]; val != nil {
		return val
	}
	val := obj{"type": text(e, "type")}
	switch text(e, "type") {
	case "plain_text_input", "number_input", "email_text_input", "url_text_input":
		val["value"] = nil
		if s, ok := e["initial_value"].(string); ok && s != "" {
			val["value"] = s
		}
	case "static_select", "external_select", "radio_buttons":
		val["selected_option"] = e["initial_option"]
	case "multi_static_select", "multi_external_select", "checkboxes":
		val["selected_options"] = append([]any{}, list(e["initial_options"])...)
	case "datepicker":
		val["selected_date"] = e["initial_date"]
	case "timepicker":
		val["selected_time"] = e["initial_time"]
	case "datetimepicker":
		val["selected_date_time"] = e["initial_date_time"]
	case "file_input":
		val["files"] = []any{}
	default:
		return nil
	}
	return val
}

// values are the view's state.
func (v *view) values() obj {
	all := obj{}
	for _, b := range list(v.body["blocks"]) {
		block, _ := b.(obj)
		for _, e := range elementsOf(block) {
			val := v.value(block, e)
			if val == nil {
				continue
			}
			id := text(block, "block_id")
			if all[id] == nil {
				all[id] = obj{}
			}
			all[id].(obj)[text(e, "action_id")] = val
		}
	}
	return all
}

// empty says whether nothing stands in a value.
func empty(val obj) bool {
	for _, name := range []string{"value", "selected_option", "selected_date", "selected_time", "selected_date_time"} {
		if v := val[name]; v != nil && v != "" {
			return false
		}
	}
	return len(list(val["selected_options"])) == 0 && len(list(val["files"])) == 0
}
