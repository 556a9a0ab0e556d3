package identity

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
)

// A first secret is three words and four digits, such as Otter-maple-lamp-4829:
// 3 × 9 + 13.2 = 40.2 bits, typeable by a child who reads it off a slip of
// paper. Capital, small letters, digit and hyphen meet Zitadel's default rules
// for passwords (8 characters of all four kinds).
const (
	secretWords  = 3
	secretDigits = 10_000
	wordCount    = 512
)

// NewSecret makes a first password from crypto/rand.
func NewSecret() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: the program ends instead
	return secretFrom(random[:])
}

// secretFrom spells the first 16 bytes of random, which must be uniform, as a
// secret.
func secretFrom(random []byte) string {
	words := strings.Fields(secretWordList)
	var spelled [secretWords]string
	for i := range spelled {
		// 512 divides 2^16: no word is likelier than another.
		spelled[i] = words[int(binary.BigEndian.Uint16(random[2*i:]))%wordCount]
	}
	// A 64-bit number times 10,000: the bias is below 2^-50.
	digits, _ := bits.Mul64(binary.BigEndian.Uint64(random[8:]), secretDigits)
	first := strings.ToUpper(spelled[0][:1]) + spelled[0][1:]
	return fmt.Sprintf("%s-%s-%s-%04d", first, spelled[1], spelled[2], digits)
}

// secretWordList is 512 words of three to six letters that a child can read,
// none of which needs an excuse in a class: animals, plants, food, things.
const secretWordList = `
acorn actor agate album alder alley almond amber anchor angel ankle anvil apple
apron arch arena arrow artist aspen atlas atom attic author autumn badge badger
baker ballet bamboo banana banjo barley barn basil basket bass bay beach bead beaver
bee beetle bell bench berry bike birch bird bison blue boat bonnet book boot bottle
bow box brass bread breeze brick bridge bronze brook broom brush bubble bucket bud
bugle bunny bus bush butter button cabin cactus cake camel camera camp canal candle
canoe canyon cape car card carpet carrot castle cat cedar cello chair chalk charm
cherry chess chime circle circus citrus clay cliff cloak clock cloud clover cobalt
cocoa coin comet cookie copper coral corn cotton cove cover cradle crane crater
crayon cream creek crown crumb cup cycle daisy dance dawn day deer desert desk dew
dice dill dinner donkey door dove dragon drawer dream drum duck eagle ear earth
easel echo elbow elk elm ember emu engine falcon farm feast fence fern ferry fiddle
field fig finch fir fish flag flame flock floor flour flower flute foal fog forest
fork fossil fox frame friend frog frost fruit galaxy garden garlic gate gecko giant
ginger glade glass globe glove goat gold goose grain grape grass green grove guitar
gull hall hammer hamper harbor hare harp hat hawk hay hazel heart hedge helmet hen
heron hill hippo holly honey hood hoop horn horse hotel house ice igloo inch ink
iris iron island ivory ivy jacket jaguar jam jasper jelly jet jewel jigsaw judo
juice jungle kayak kettle key king kite kitten kiwi knee knight koala label ladder
lake lamb lamp lane laurel lava lawn leaf lemon lentil letter light lilac lily lime
linen lion lizard llama lock lodge log lunch lynx magnet magpie mango map maple
marble market marsh mask meadow medal melody melon merlin mint mirror mist mitten
model mole moon moose moss moth mouse muffin mural museum music napkin needle nest
night noodle north nut oak oasis oat ocean olive onion opal opera orange orbit
orchid organ otter oven owl oyster paddle page paint palace palm panda paper park
parrot party path peach pear pearl pebble pencil penny pepper perch piano picnic
pigeon pillow pilot pine pixel pizza planet plate plum pocket poem pond pony poppy
potato puddle puffin puppet purple puzzle quail quartz queen quilt rabbit radio rain
raven reef ribbon rice ring river robin rocket roof room rose ruby rug sail salad
salmon sand scarf school scout sea seal seed shadow shark sheep shelf shell ship
shirt shore silk silver singer sky sled sloth snow sofa song soup south spark spice
spider spoon spring spruce square squid stable star statue stone stork storm story
stove straw street sugar summer sun swan table tailor tango teapot temple tennis
tent thumb thyme tiger timber toast tomato topaz torch tower town toy track train
tree trophy trout truck trunk tulip tunnel turnip turtle valley vase velvet violet
wagon walnut walrus water wave web well whale wheat wheel willow window winter wolf
wood wool wren yak yarn yellow zebra zipper zoo
`
