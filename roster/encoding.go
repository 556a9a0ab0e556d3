package roster

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"homeroom.dev/homeroom/identity"
)

// section is the whole file from its beginning.
func (f File) section() *io.SectionReader { return io.NewSectionReader(f, 0, f.Size) }

// head is the beginning of the file, at most n bytes of it.
func (f File) head(n int) ([]byte, error) {
	b := make([]byte, min(int64(n), f.Size))
	read, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the beginning of the list: %w", err)
	}
	return b[:read], nil
}

// marks are the byte order marks, with which a file says its encoding.
var marks = []struct {
	mark     string
	encoding Encoding
}{{"\xef\xbb\xbf", UTF8}, {"\xff\xfe", UTF16LE}, {"\xfe\xff", UTF16BE}}

// encodingOf finds the encoding of a text: by its mark, by the zeros that UTF-16
// has in the letters of Europe, by being valid UTF-8, by letters that only central
// Europe has, and else it is Windows-1252, what Excel writes west of Poland.
func encodingOf(f File) (Encoding, error) {
	head, err := f.head(4096)
	if err != nil {
		return "", err
	}
	for _, m := range marks {
		if bytes.HasPrefix(head, []byte(m.mark)) {
			return m.encoding, nil
		}
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(head) / 2; {
	case half > 0 && zeros[1] > half*2/3 && zeros[0] < half/3:
		return UTF16LE, nil
	case half > 0 && zeros[0] > half*2/3 && zeros[1] < half/3:
		return UTF16BE, nil
	}
	valid, err := validUTF8(f.section())
	if err != nil {
		return "", err
	}
	if valid {
		return UTF8, nil
	}
	if head, err = f.head(regionBytes); err != nil {
		return "", err
	}
	return regionOf(head), nil
}

// regionBytes is how much of a text is looked at to find its code page.
const regionBytes = 1 << 20

// regionOf tells by the letters of names which code page of Windows a text is in.
// What is a letter of Polish or Czech in one is a sign in the other, and no sign
// stands within a word.
func regionOf(text []byte) Encoding {
	latin2, central, czech, carons := 0, 0, 0, 0
	at := func(i int) byte {
		if i < 0 || i >= len(text) {
			return ' '
		}
		return text[i]
	}
	for i, b := range text {
		if b < 0x80 {
			continue
		}
		before, after := letter(at(i-1)), letter(at(i+1))
		switch b {
		case 0xb1, 0xb6: // ą ś of ISO 8859-2
			if before && (after || b == 0xb1) {
				latin2++
			}
		case 0xb3, 0xb9, 0xbf, 0x9d, 0xbe: // ł ą ż ť ľ
			if before && after || before && b == 0xb9 {
				central++
			}
		case 0xa3, 0xa5, 0xaf, 0x8d, 0x8f, 0xbc: // Ł Ą Ż Ť Ź Ľ
			if after {
				central++
			}
		case 0xec: // ě, which in the west ends words
			if after {
				czech++
			}
		case 0xf8, 0xd8: // ř
			carons++
		}
	}
	switch {
	case latin2 > 0 && latin2 >= central:
		return ISO88592
	case central > 0, czech > 0, carons > 0 && hasAny(text, 0x9a, 0x9e, 0x8a, 0x8e) && !hasAny(text, 0xe5, 0xe6, 0xc5, 0xc6):
		return Windows1250
	}
	return Windows1252
}

func hasAny(text []byte, wanted ...byte) bool {
	for _, b := range wanted {
		if bytes.IndexByte(text, b) >= 0 {
			return true
		}
	}
	return false
}

// letter reports whether a byte is a letter in every code page of Windows.
func letter(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= 0xc0 && b != 0xd7 && b != 0xf7
}

// validUTF8 reads r to its end, in pieces.
func validUTF8(r io.Reader) (bool, error) {
	buffer, kept := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buffer[kept:])
		piece := buffer[:kept+n]
		end := err == io.EOF
		for len(piece) > 0 {
			char, size := utf8.DecodeRune(piece)
			if char == utf8.RuneError && size <= 1 {
				if end || utf8.FullRune(piece) {
					return false, nil
				}
				break // the rest of a character is in the next piece
			}
			piece = piece[size:]
		}
		if end {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("read the list: %w", err)
		}
		kept = copy(buffer, piece)
	}
}

// text opens the file as UTF-8, without its mark.
func (f File) text(e Encoding) (io.Reader, error) {
	head, err := f.head(3)
	if err != nil {
		return nil, err
	}
	from := int64(0)
	for _, m := range marks {
		if m.encoding == e && bytes.HasPrefix(head, []byte(m.mark)) {
			from = int64(len(m.mark))
		}
	}
	r := io.NewSectionReader(f, from, f.Size-from)
	if e == UTF8 || e == "" {
		return r, nil
	}
	decoder, known := decoders[e]
	if !known {
		return nil, identity.Invalid("list.encoding")
	}
	return decoder.NewDecoder().Reader(r), nil
}

var decoders = map[Encoding]encoding.Encoding{
	UTF16LE:     unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	UTF16BE:     unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM),
	Windows1252: charmap.Windows1252,
	Windows1250: charmap.Windows1250,
	ISO88592:    charmap.ISO8859_2,
	Macintosh:   charmap.Macintosh,
	IBM850:      charmap.CodePage850,
}

// foreign are files that are no list, by how they begin: their kind, and what to
// do about it.
var foreign = []struct{ mark, message string }{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "list.old-workbook"}, // .xls, and workbooks with a password
	{"%PDF", "list.pdf"},
	{"\x1f\x8b", "list.packed"},
	{"Rar!", "list.packed"},
	{"7z\xbc\xaf", "list.packed"},
	{"\x89PNG", "list.picture"},
	{"\xff\xd8\xff", "list.picture"},
	{"GIF8", "list.picture"},
	{"RIFF", "list.picture"},
	{"{\\rtf", "list.document"},
}

// refuseForeign says of a file that is no list what it is.
func refuseForeign(head []byte) error {
	for _, k := range foreign {
		if bytes.HasPrefix(head, []byte(k.mark)) {
			return identity.Invalid(k.message)
		}
	}
	start := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 512)], "\xef\xbb\xbf \t\r\n"))
	for _, tag := range []string{"<!doctype html", "<html", "<table", "<?xml"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return identity.Invalid("list.web-page") // many programs call a web page .xls
		}
	}
	// A program or a picture: characters that no text has.
	strange := 0
	for _, b := range head {
		if b < ' ' && !slices.Contains([]byte{0, '\t', '\n', '\v', '\f', '\r', 0x1a, 0x1c, 0x1d, 0x1e}, b) {
			strange++
		}
	}
	if strange > len(head)/20 {
		return identity.Invalid("list.unknown")
	}
	return nil
}
