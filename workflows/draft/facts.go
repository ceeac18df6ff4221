package draft

import "hikeshi/workflows/incident"

// attack reports whether somebody from outside got in: unauthorized access or ransomware.
func (r *reader) attack() incident.Answer {
	return either(r.is(incident.FactUnauthorizedAccess), r.is(incident.FactRansomware))
}

// wrongful reports whether an act with a possibly wrongful purpose is behind it (施行規則7条
// 3号). An attack implies one, whatever was answered beside it.
func (r *reader) wrongful() incident.Answer {
	if r.attack() == incident.Yes || r.yes(incident.FactWrongfulPurpose) {
		return incident.Yes
	}
	return r.is(incident.FactWrongfulPurpose)
}

// leaked reports whether data may have come to somebody who must not have them.
func (r *reader) leaked() incident.Answer {
	if r.in.Category == incident.Leak || r.in.Effect == incident.Leak || r.attack() == incident.Yes || r.yes(incident.FactViewableByMany) {
		return incident.Yes
	}
	return either(r.attack(), r.is(incident.FactViewableByMany))
}

// spoilt reports whether data may have been made unusable.
func (r *reader) spoilt() incident.Answer {
	return either(r.is(incident.FactRansomware), r.is(incident.FactDamagedData), r.is(incident.FactDamagedPaper))
}

// lost reports whether data may be gone.
func (r *reader) lost() incident.Answer {
	if r.in.Kind == incident.KindLoss || r.in.Kind == incident.KindTheft {
		return incident.Yes
	}
	return ""
}
