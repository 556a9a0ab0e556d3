package watch

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

// calendar is the end of a certificate as a calendar entry (RFC 5545): a whole
// day, with a reminder a week before. The same certificate is the same entry.
func calendar(c identity.Certificate, summary, url string, now time.Time) []byte {
	var b bytes.Buffer
	for _, line := range []string{
		"BEGIN:VCALENDAR",
		"VERSION:2.0",
		"PRODID:-//Homeroom//Certificates//EN",
		"METHOD:PUBLISH",
		"BEGIN:VEVENT",
		fmt.Sprintf("UID:%s-%s@homeroom", c.Connection, c.Fingerprint),
		"DTSTAMP:" + now.UTC().Format("20060102T150405Z"),
		"DTSTART;VALUE=DATE:" + c.NotAfter.UTC().Format("20060102"),
		"SUMMARY:" + escaped(summary),
		"DESCRIPTION:" + escaped(c.Subject),
		"URL:" + url,
		"TRANSP:TRANSPARENT",
		"BEGIN:VALARM",
		"ACTION:DISPLAY",
		"DESCRIPTION:" + escaped(summary),
		"TRIGGER:-P7D",
		"END:VALARM",
		"END:VEVENT",
		"END:VCALENDAR",
	} {
		fold(&b, line)
	}
	return b.Bytes()
}

// escaped is text as a value (section 3.3.11).
func escaped(text string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r", "", "\n", `\n`).Replace(text)
}

// lineLength is how many octets a line may have (section 3.1).
const lineLength = 75

// fold writes a line, folded where it is too long and never within a character.
func fold(b *bytes.Buffer, line string) {
	for limit := lineLength; len(line) > limit; limit = lineLength - 1 {
		cut := limit
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
	}
	b.WriteString(line + "\r\n")
}
