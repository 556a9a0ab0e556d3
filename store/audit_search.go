package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"homeroom.dev/homeroom/identity"
)

// Search in the audit log. Every record has its tokens in audit_search, under
// its row_id, whose order is that of time: SQLite reads what matches newest first
// and stops at the end of the page. A token is the code of the home, a letter
// that says what it is, and the thing itself; so what a search reads is the
// home's alone, and nothing has to be sorted or thrown away.
const (
	tokenWord         = "w" // of a text
	tokenPerson       = "p" // actor or target
	tokenAction       = "a"
	tokenSource       = "s"
	tokenOrganization = "g" // by its code
)

const (
	// minPrefix is how many letters of a word find longer ones.
	minPrefix = 3
	// maxBeginnings is how many words a beginning is looked up as. What begins more
	// is left to FTS5, which gathers all that any of them matches.
	maxBeginnings = 100
)

// indexAudit makes a record findable. name is what people call the organization.
func (tx *transaction) indexAudit(ctx context.Context, row int64, r identity.AuditRecord, name string) error {
	home, err := tx.searchCode(ctx, string(r.Home))
	if err != nil {
		return err
	}
	organization := home
	if r.Organization != r.Home {
		if organization, err = tx.searchCode(ctx, string(r.Organization)); err != nil {
			return err
		}
	}
	tokens, found := auditTokens(home, organization, r, name)
	if _, err = tx.tx.ExecContext(ctx, `INSERT INTO audit_search (rowid, tokens) VALUES (?, ?)`, row, tokens); err != nil {
		return fmt.Errorf("make audit record findable: %w", err)
	}
	if len(found) == 0 {
		return nil
	}
	args := make([]any, 0, 2*len(found))
	for _, word := range found {
		args = append(args, string(r.Home), word)
	}
	places := strings.TrimSuffix(strings.Repeat("(?, ?), ", len(found)), ", ")
	_, err = tx.tx.ExecContext(ctx, `INSERT INTO audit_words (home_id, word) VALUES `+places+` ON CONFLICT DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("make audit record findable: %w", err)
	}
	return nil
}

// searchCode is the code of an organization, which gets one if it has none.
func (tx *transaction) searchCode(ctx context.Context, organization string) (string, error) {
	code, err := searchCode(ctx, tx.tx, organization)
	if err != nil || code != "" {
		return code, err
	}
	if _, err := tx.tx.ExecContext(ctx, `INSERT INTO search_codes (organization_id) VALUES (?)`, organization); err != nil {
		return "", fmt.Errorf("give %s a search code: %w", organization, err)
	}
	return searchCode(ctx, tx.tx, organization)
}

// searchCode is the code of an organization, or empty.
func searchCode(ctx context.Context, db interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, organization string,
) (code string, err error) {
	err = db.QueryRowContext(ctx, `SELECT printf('%06x', code) FROM search_codes WHERE organization_id = ?`, organization).Scan(&code)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("load search code: %w", err)
	}
	return code, nil
}

// auditTokens are the tokens of a record, in one text, and those of its words
// that are found by their beginning: all but IDs, of which each record has new
// ones.
func auditTokens(home, organization string, r identity.AuditRecord, name string) (tokens string, found []string) {
	seen := make(map[string]bool, 32)
	var all strings.Builder
	add := func(kind, token string) (fresh bool) {
		if token = home + kind + token; token == home+kind || seen[token] {
			return false
		}
		seen[token] = true
		all.WriteString(token)
		all.WriteByte(' ')
		return true
	}
	add(tokenOrganization, organization)
	add(tokenPerson, plain(string(r.Actor.User)))
	add(tokenPerson, plain(r.Target))
	add(tokenAction, plain(string(r.Action)))
	add(tokenSource, plain(string(r.Source)))
	texts := []string{r.Actor.Name, r.TargetName, name, string(r.Action), r.Event.Type}
	for _, values := range []map[string]string{r.Before, r.After} {
		for _, value := range values {
			texts = append(texts, value)
		}
	}
	for _, text := range texts {
		for _, word := range words(text) {
			if word = cutWord(word); add(tokenWord, word) {
				found = append(found, word)
			}
		}
	}
	if address, ok := addressToken(r.Address); ok && add(tokenWord, address) {
		found = append(found, address)
	}
	for _, text := range []string{r.RequestID, string(r.Actor.User), r.Target} {
		for _, word := range words(text) {
			add(tokenWord, cutWord(word))
		}
	}
	return all.String(), found
}

// plain is an ID or a key without what would end a token. Two may look alike
// then: what they select is compared once more.
func plain(id string) string { return strings.Join(words(id), "") }

// cutWord bounds a word: longer ones are found by their beginning.
func cutWord(word string) string {
	if utf8.RuneCountInString(word) > maxSearchWord {
		return string([]rune(word)[:maxSearchWord])
	}
	return word
}

// addressToken is an IP address, or the beginning of one, as a single token:
// its parts alone would match too many.
func addressToken(text string) (string, bool) {
	dots, colons := strings.Count(text, "."), strings.Count(text, ":")
	if _, err := netip.ParseAddr(text); err != nil && (dots < 2 && colons < 2 || strings.Trim(text, "0123456789abcdefABCDEF.:") != "") {
		return "", false
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return 'x' // no digit of an address
	}, text), true
}

// auditTerms are the FTS5 terms of what somebody typed, for a home with a code.
// Only letters and digits get into them, each in quotation marks: there is
// nothing to break out of.
func auditTerms(ctx context.Context, db *sql.DB, home, code, typed string) ([]string, error) {
	var typedWords []string
	for _, part := range strings.Fields(typed[:min(len(typed), maxSearch)]) {
		if address, ok := addressToken(part); ok {
			typedWords = append(typedWords, address)
			continue
		}
		typedWords = append(typedWords, words(part)...)
	}
	typedWords = typedWords[:min(len(typedWords), maxSearchWords)]
	terms := make([]string, len(typedWords))
	for i, word := range typedWords {
		word = cutWord(word)
		terms[i] = `"` + code + tokenWord + word + `"`
		if utf8.RuneCountInString(word) < minPrefix {
			continue
		}
		longer, err := wordsBeginning(ctx, db, home, word)
		if err != nil {
			return nil, err
		}
		if len(longer) > maxBeginnings {
			terms[i] += " *"
			continue
		}
		for _, l := range longer {
			if l != word {
				terms[i] += ` OR "` + code + tokenWord + l + `"`
			}
		}
		terms[i] = "(" + terms[i] + ")"
	}
	return terms, nil
}

// wordsBeginning are the words of a home that begin so, or more than
// maxBeginnings of them.
func wordsBeginning(ctx context.Context, db *sql.DB, home, beginning string) ([]string, error) {
	rows, err := db.QueryContext(ctx, `SELECT word FROM audit_words WHERE home_id = ? AND word >= ? AND word < ? LIMIT ?`,
		home, beginning, beginning+"\U0010FFFF", maxBeginnings+1)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var word string
		if err := rows.Scan(&word); err != nil {
			return nil, err
		}
		all = append(all, word)
	}
	return all, rows.Err()
}

// forgetWords forgets the words of a home that no record has any more.
func (tx *transaction) forgetWords(ctx context.Context, home string) error {
	code, err := tx.searchCode(ctx, home)
	if err != nil {
		return err
	}
	_, err = tx.tx.ExecContext(ctx, `DELETE FROM audit_words WHERE home_id = ?1 AND NOT EXISTS (
		SELECT 1 FROM audit_search WHERE audit_search MATCH '"' || ?2 || audit_words.word || '"')`, home, code+tokenWord)
	if err != nil {
		return fmt.Errorf("forget words: %w", err)
	}
	return nil
}
