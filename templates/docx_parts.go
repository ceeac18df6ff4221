package templates

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hikeshi/workflows/report"
)

const docxContentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>
<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>
<Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/>
<Override PartName="/word/numbering.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"/>
<Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>
<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
<Override PartName="/docProps/app.xml" ContentType="application/vnd.openxmlformats-officedocument.extended-properties+xml"/>
</Types>`

const docxPackageRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>
<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/extended-properties" Target="docProps/app.xml"/>
</Relationships>`

const docxDocumentRels = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rIdStyles" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>
<Relationship Id="rIdSettings" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/>
<Relationship Id="rIdFonts" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/>
<Relationship Id="rIdNumbering" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>
<Relationship Id="rIdHeader" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/header" Target="header1.xml"/>
<Relationship Id="rIdFooter" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/>
</Relationships>`

const docxApp = xmlHead + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>hikeshi</Application></Properties>`

// docxSettings: compatibilityMode 15 keeps Word from opening the file in its compatibility
// mode; themeFontLang makes it apply the Japanese rules of line breaking (kinsoku).
const docxSettings = xmlHead + `<w:settings ` + wordSpace + `>
<w:zoom w:percent="100"/>
<w:defaultTabStop w:val="840"/>
<w:characterSpacingControl w:val="compressPunctuation"/>
<w:compat>
<w:spaceForUL/>
<w:balanceSingleByteDoubleByteWidth/>
<w:ulTrailSpace/>
<w:doNotExpandShiftReturn/>
<w:adjustLineHeightInTable/>
<w:useFELayout/>
<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>
<w:compatSetting w:name="overrideTableStyleFontSizeAndJustification" w:uri="http://schemas.microsoft.com/office/word" w:val="1"/>
<w:compatSetting w:name="enableOpenTypeFeatures" w:uri="http://schemas.microsoft.com/office/word" w:val="1"/>
<w:compatSetting w:name="doNotFlipMirrorIndents" w:uri="http://schemas.microsoft.com/office/word" w:val="1"/>
</w:compat>
<w:themeFontLang w:val="en-US" w:eastAsia="ja-JP"/>
<w:decimalSymbol w:val="."/>
<w:listSeparator w:val=","/>
</w:settings>`

// docxCore is what a file browser shows of the document.
func docxCore(d report.Document, made time.Time) []byte {
	var w wordWriter
	w.WriteString(xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"` +
		` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + "\n<dc:title>")
	w.escape(oneLine(d.Title))
	w.WriteString("</dc:title>\n<dc:subject>")
	w.escape(oneLine(d.Subtitle))
	w.WriteString("</dc:subject>\n<dc:creator>hikeshi</dc:creator>\n")
	at := made.Format("2006-01-02T15:04:05Z")
	fmt.Fprintf(&w, `<dc:language>%s</dc:language>
<dcterms:created xsi:type="dcterms:W3CDTF">%s</dcterms:created>
<dcterms:modified xsi:type="dcterms:W3CDTF">%s</dcterms:modified>
</cp:coreProperties>`, languageTag(d.Lang), at, at)
	return w.Bytes()
}

// docxNumbering defines the bullets and one numbering for each ordered list, each beginning
// at 1.
func docxNumbering(orderedLists int) []byte {
	var w wordWriter
	w.WriteString(xmlHead + `<w:numbering ` + wordSpace + `>
<w:abstractNum w:abstractNumId="0">` + bulletLevel + `</w:abstractNum>
<w:abstractNum w:abstractNumId="1">` + orderedLevel + `</w:abstractNum>
`)
	w.WriteString(numDefinition(bulletNumID, "0", false) + "\n")
	for i := range orderedLists {
		w.WriteString(numDefinition(bulletNumID+1+i, "1", true) + "\n")
	}
	w.WriteString(`</w:numbering>`)
	return w.Bytes()
}

const (
	bulletLevel  = `<w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="・"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="420" w:hanging="300"/></w:pPr></w:lvl>`
	orderedLevel = `<w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="540" w:hanging="420"/></w:pPr></w:lvl>`
)

// numDefinition is one list of a kind; anew makes it begin at 1.
func numDefinition(id int, abstract string, anew bool) string {
	override := ""
	if anew {
		override = `<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>`
	}
	return `<w:num w:numId="` + strconv.Itoa(id) + `"><w:abstractNumId w:val="` + abstract + `"/>` + override + `</w:num>`
}

// docxHeader shows each word of the banner in a frame, so that it also tells on a black and
// white copy.
func docxHeader(banner []string) []byte {
	var w wordWriter
	w.WriteString(xmlHead + `<w:hdr ` + wordSpace + `><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>`)
	for i, word := range banner {
		if i > 0 {
			w.run("", "　")
		}
		// No-break spaces keep the frame off the word.
		w.run(styleBanner, "\u00a0"+oneLine(word)+"\u00a0")
	}
	w.WriteString(`</w:p></w:hdr>`)
	return w.Bytes()
}

// docxFooter has the text at the left and "page / pages" at the right, which every language
// understands. Word and LibreOffice put in the numbers when they lay out the pages.
func docxFooter(text string) []byte {
	var w wordWriter
	w.WriteString(xmlHead + `<w:ftr ` + wordSpace + `><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>`)
	w.run("", text)
	w.WriteString(`<w:r><w:tab/></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>` +
		`<w:r><w:t xml:space="preserve"> / </w:t></w:r>` +
		`<w:fldSimple w:instr=" NUMPAGES "><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p></w:ftr>`)
	return w.Bytes()
}

// oneLine is a printable text without line breaks.
func oneLine(s string) string { return strings.Join(strings.Fields(Printable(s)), " ") }

func languageTag(lang string) string {
	if lang == "en" {
		return "en-US"
	}
	return "ja-JP"
}
