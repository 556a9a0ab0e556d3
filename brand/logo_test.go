package brand

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

func picture(t *testing.T, width, height int, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		img.Set(x, height/2, color.NRGBA{R: 200, A: 255})
	}
	var out bytes.Buffer
	if err := encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asPNG(w *bytes.Buffer, img image.Image) error  { return png.Encode(w, img) }
func asJPEG(w *bytes.Buffer, img image.Image) error { return jpeg.Encode(w, img, nil) }

func TestLogo(t *testing.T) {
	for _, tt := range []struct {
		name          string
		file          []byte
		width, height int
		err           error
	}{
		{"a small one stays", picture(t, 64, 32, asPNG), 64, 32, nil},
		{"a wide one is made narrower", picture(t, 960, 96, asPNG), 480, 48, nil},
		{"a high one is made lower", picture(t, 288, 288, asJPEG), 144, 144, nil},
		{"a line stays a line", picture(t, 2000, 1, asPNG), 480, 1, nil},
		{"one as large as a wall", picture(t, 3001, 2, asPNG), 0, 0, ErrTooLarge},
		{"a file that is too long", make([]byte, MaxLogoBytes+1), 0, 0, ErrTooLarge},
		{"a drawing in text", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`), 0, 0, ErrNoPicture},
		{"half a picture", picture(t, 64, 64, asPNG)[:60], 0, 0, ErrNoPicture},
		{"nothing", nil, 0, 0, ErrNoPicture},
	} {
		t.Run(tt.name, func(t *testing.T) {
			logo, err := Logo(tt.file)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error = %v, want %v", err, tt.err)
			}
			if tt.err != nil {
				return
			}
			config, err := png.DecodeConfig(bytes.NewReader(logo))
			if err != nil || config.Width != tt.width || config.Height != tt.height {
				t.Errorf("logo is %d × %d (%v), want %d × %d", config.Width, config.Height, err, tt.width, tt.height)
			}
		})
	}
}

func FuzzLogo(f *testing.F) {
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewNRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(small.Bytes())
	f.Add([]byte("GIF89a\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		logo, err := Logo(file)
		if err != nil {
			return
		}
		if _, err := png.Decode(bytes.NewReader(logo)); err != nil {
			t.Errorf("the logo is no PNG: %v", err)
		}
	})
}
