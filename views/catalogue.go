package views

import (
	"context"
	"embed"
	"encoding/json"
	"io/fs"
	"log/slog"
	"slices"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"homeroom.dev/homeroom/identity"
)

//go:embed messages/*.json
var messageFiles embed.FS

// Language is a language the catalogue is complete in.
type Language struct {
	Tag  string // BCP 47, as in the attribute lang
	Name string // in the language itself
}

// Languages lists the languages there are; the first is the default.
var Languages = []Language{{"en", "English"}, {"es", "Español"}}

// catalogue is every message in every language.
type catalogue struct {
	matcher    language.Matcher
	localizers map[string]*i18n.Localizer // by Language.Tag
}

// messages is the catalogue. Its files are part of the program and tested to be
// complete, so a broken one is a broken build.
var messages = sync.OnceValue(func() *catalogue {
	bundle := i18n.NewBundle(language.MustParse(Languages[0].Tag))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	names, err := fs.Glob(messageFiles, "messages/*.json")
	if err != nil {
		panic("views: list message files: " + err.Error())
	}
	for _, name := range names {
		if _, err := bundle.LoadMessageFileFS(messageFiles, name); err != nil {
			panic("views: " + name + ": " + err.Error())
		}
	}
	c := &catalogue{localizers: make(map[string]*i18n.Localizer, len(Languages))}
	tags := make([]language.Tag, len(Languages))
	for i, l := range Languages {
		tags[i] = language.MustParse(l.Tag)
		c.localizers[l.Tag] = i18n.NewLocalizer(bundle, l.Tag)
	}
	c.matcher = language.NewMatcher(tags)
	return c
})

type languageKey struct{}

// WithLanguage returns a context in which texts are in the language tag, or in
// the nearest there is.
func WithLanguage(ctx context.Context, tag string) context.Context {
	return context.WithValue(ctx, languageKey{}, Match("", tag))
}

// LanguageOf is the tag of the language texts are in under ctx.
func LanguageOf(ctx context.Context) string {
	if tag, ok := ctx.Value(languageKey{}).(string); ok {
		return tag
	}
	return Languages[0].Tag
}

// Match chooses a language there is: the one chosen, from a cookie or a user's
// profile, before those of an Accept-Language header. Either may be empty or
// nonsense.
func Match(acceptLanguage, chosen string) string {
	// A browser sends a handful; a long list is somebody at play.
	const longest = 200
	var wanted []language.Tag
	for _, list := range []string{chosen, acceptLanguage} {
		if len(list) > longest {
			continue
		}
		if tags, _, err := language.ParseAcceptLanguage(list); err == nil {
			wanted = append(wanted, tags...)
		}
	}
	_, index, _ := messages().matcher.Match(wanted...)
	return Languages[index].Tag
}

// Speaks reports whether tag is one of [Languages].
func Speaks(tag string) bool {
	return slices.ContainsFunc(Languages, func(l Language) bool { return l.Tag == tag })
}

// Text is message in the language of ctx. Its argument Count chooses the plural
// form. Arguments may be messages themselves; roles, kinds and times are put
// into words.
func Text(ctx context.Context, message identity.Message) string {
	if message.ID == "" {
		return ""
	}
	config := i18n.LocalizeConfig{MessageID: message.ID, PluralCount: message.Args["Count"]}
	if len(message.Args) > 0 {
		words := make(map[string]any, len(message.Args))
		for name, value := range message.Args {
			words[name] = inWords(ctx, value)
		}
		config.TemplateData = words
	}
	said, err := messages().localizers[LanguageOf(ctx)].Localize(&config)
	if err != nil && said == "" {
		// A test finds literal IDs that are missing, so this is a composed one.
		slog.ErrorContext(ctx, "text of the catalogue", "id", message.ID, "language", LanguageOf(ctx), "error", err)
		return message.ID
	}
	return said
}

// text is the catalogue's entry id; args are pairs of name and value.
func text(ctx context.Context, id string, args ...any) string {
	return Text(ctx, identity.Say(id, args...))
}
