// Package templates owns everything of the product that is words or data instead of code:
// the company's profile, its procedures and policies, the message texts in Japanese and
// English, and the shape of reports and letters.
//
// The defaults are embedded in the program. An operator's folder can lie over them (Load): a
// file of the same name there replaces the embedded one as a whole, so that a company reads
// its own procedure in one place; messages are replaced one by one. What is read is checked
// as a whole before any of it is used, and a fault names the file, the line, the column and
// what was probably meant (Fault).
//
// Rendering turns a report.Document into Markdown, docx, PDF or xlsx. A report as docx is
// filled into a form (docx_template*.go): a Word file with placeholders, the company's own or
// the embedded one, which is made of our own pages.
//
// It must not decide anything about an incident, ask a store, or know who is looking: the
// rules are in workflows/, the reader's language and rights in the desk. It imports the pure
// types of workflows' subpackages and nothing else of ours.
package templates
