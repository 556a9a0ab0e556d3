// Package views holds what people see: pages and their components as templ
// templates, the URL of every page, and the message catalogue.
//
// Views take typed arguments and never a request: the context carries the
// reader's language and nothing else. They import package identity for the
// words and package static for the assets. Every URL is a whole page that works
// without script; what htmx may refresh alone is a [Region].
//
// Start reading at [Layout], the frame of all pages, and at
// components.templ; the page /styleguide of the demo shows every component in
// every state.
package views
