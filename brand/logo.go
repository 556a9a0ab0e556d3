package brand

import (
	"bytes"
	"errors"
	"image"
	_ "image/gif"  // what schools have
	_ "image/jpeg" // as well
	"image/png"

	"golang.org/x/image/draw"
)

// What a logo may be: the file that is uploaded, its sides before, and its sides
// afterwards, in pixels. The last fits a header at three times its height.
const (
	MaxLogoBytes  = 900 << 10
	maxLogoSide   = 3000
	maxLogoWidth  = 480
	maxLogoHeight = 144
)

// Why a file is no logo.
var (
	ErrNoPicture = errors.New("brand: not a PNG, JPEG or GIF picture")
	ErrTooLarge  = errors.New("brand: picture too large")
)

// Logo reads a picture somebody uploaded and draws it anew as a PNG, small enough
// for a page's header: nothing of the file but its pixels is kept. Pictures that
// are drawings in text (SVG) are not taken, because they can hold scripts.
func Logo(file []byte) ([]byte, error) {
	if len(file) > MaxLogoBytes {
		return nil, ErrTooLarge
	}
	// The sides come first: a few bytes can claim to be a picture that fills the
	// memory.
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	switch {
	case err != nil || config.Width < 1 || config.Height < 1:
		return nil, ErrNoPicture
	case config.Width > maxLogoSide || config.Height > maxLogoSide:
		return nil, ErrTooLarge
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, ErrNoPicture
	}
	width, height := fit(config.Width, config.Height)
	drawn := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(drawn, drawn.Bounds(), picture, picture.Bounds(), draw.Src, nil)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, drawn); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// fit keeps the shape and makes nothing larger than it was.
func fit(width, height int) (int, int) {
	if width > maxLogoWidth {
		width, height = maxLogoWidth, max(1, height*maxLogoWidth/width)
	}
	if height > maxLogoHeight {
		width, height = max(1, width*maxLogoHeight/height), maxLogoHeight
	}
	return width, height
}
