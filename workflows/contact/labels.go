package contact

import (
	"slices"
	"strconv"

	"hikeshi/workflows/incident"
)

// The labels of the emergency sheet.
const (
	labelSeparator = "contacts.separator"
	labelDay       = "contacts.day"
	labelDays      = "contacts.days"

	// headerNames are the column names as they are written to an empty list, in the reader's language.
	headerNames = "contacts.header.names"

	placeLine      = "contacts.place.line"
	placeCell      = "contacts.place.cell"
	placeSheetLine = "contacts.place.sheet_line"
	placeSheetCell = "contacts.place.sheet_cell"

	sheetTitle      = "contacts.sheet.title"
	sheetSubtitle   = "contacts.sheet.subtitle"
	sheetBanner     = "contacts.sheet.banner"
	sheetFooter     = "contacts.sheet.footer"
	sheetMadeOn     = "contacts.sheet.made_on"
	sheetFirst      = "contacts.sheet.first"
	sheetFirst1     = "contacts.sheet.first.1"
	sheetFirst2     = "contacts.sheet.first.2"
	sheetFirst3     = "contacts.sheet.first.3"
	sheetOrder      = "contacts.sheet.order"
	sheetOrderNote  = "contacts.sheet.order.note"
	sheetPrivacy    = "contacts.sheet.privacy"
	sheetPrivacyOn  = "contacts.sheet.privacy.note"
	sheetRoles      = "contacts.sheet.roles"
	sheetOutside    = "contacts.sheet.outside"
	sheetNoOutside  = "contacts.sheet.outside.none"
	sheetColNo      = "contacts.sheet.column.number"
	sheetColRole    = "contacts.sheet.column.role"
	sheetColName    = "contacts.sheet.column.name"
	sheetColPhone   = "contacts.sheet.column.phone"
	sheetColCall    = "contacts.sheet.column.call"
	sheetColDeputy  = "contacts.sheet.column.deputies"
	sheetColSeat    = "contacts.sheet.column.seat"
	sheetColPlace   = "contacts.sheet.column.organisation"
	sheetColPurpose = "contacts.sheet.column.purpose"
	sheetHolder     = "contacts.sheet.holder"
	sheetDeputy     = "contacts.sheet.deputy"
	sheetNobody     = "contacts.sheet.nobody"
	sheetNoPhone    = "contacts.sheet.no_phone"
	sheetNoDeputy   = "contacts.sheet.no_deputy"
	sheetOfPart     = "contacts.sheet.role_of_department"
	sheetAway       = "contacts.sheet.away"
	sheetAwayNote   = "contacts.sheet.away.note"
	sheetColAway    = "contacts.sheet.column.away"
	sheetColInstead = "contacts.sheet.column.instead"
	sheetInstead    = "contacts.sheet.away.next"
)

func sheetLevel(l incident.Level) string { return "contacts.sheet.level." + strconv.Itoa(int(l)) }

// LabelKeys lists every key of a label or title that Sheet, Fault.Say and Finding.Say ask for.
func LabelKeys() []string {
	keys := []string{
		labelSeparator, labelDay, labelDays, headerNames, placeLine, placeCell, placeSheetLine, placeSheetCell, sheetTitle, sheetSubtitle, sheetBanner, sheetFooter, sheetMadeOn,
		sheetFirst, sheetFirst1, sheetFirst2, sheetFirst3, sheetOrder, sheetOrderNote,
		sheetPrivacy, sheetPrivacyOn, sheetRoles, sheetOutside, sheetNoOutside,
		sheetColNo, sheetColRole, sheetColName, sheetColPhone, sheetColCall, sheetColDeputy, sheetColSeat,
		sheetColPlace, sheetColPurpose, sheetHolder, sheetDeputy, sheetNobody, sheetNoPhone,
		sheetNoDeputy, sheetOfPart, sheetAway, sheetAwayNote, sheetColAway, sheetColInstead, sheetInstead,
	}
	for _, l := range incident.Levels {
		keys = append(keys, sheetLevel(l))
	}
	for _, r := range incident.Roles {
		keys = append(keys, RoleKey(r))
	}
	return keys
}

// MessageKeys lists every key of the contact messages: faults, findings and labels.
func MessageKeys() []string { return slices.Concat(FaultKeys, CheckKeys, LabelKeys()) }
