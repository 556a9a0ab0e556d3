package identity

import "strings"

// SecretLanguages are the languages there are words for first secrets in.
var SecretLanguages = []string{"en", "es"}

// secretLists are 512 words for each language, of three to six letters that a
// child can read and a keyboard of any country has, none of which needs an excuse
// in a class: animals, plants, food, things.
var secretLists = map[string][]string{
	"en": strings.Fields(englishWords),
	"es": strings.Fields(spanishWords),
}

const englishWords = `
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

const spanishWords = `
abeja abrigo abuela abuelo aceite acera actor agua aguja aire ajo alba alce aldea alga almeja ancla
apio arado arca arce arco arete arpa arroz arte asno astro atleta atril aula autor ave azul baile
balde balsa banco banda barca barco barra barril barrio bata bebida berro bicho bici bigote boca
boda bola bolsa bolso bota bote brazo brillo brisa bruma buque burro buzo cabeza cable cacao cactus
cadena caja calle calor cama cambio camino camisa campo canela cantar capa capote cara cargo carne
carro carta casa casco castor cebra cedro cena centro cereza cerro cesta cesto chapa charco chiste
chivo choza ciclo cielo cinta circo cisne ciudad clase clavel clima cobre coche cocina coco cohete
cola colcha colina collar cometa conejo copa copo coral corcho corona correo corte costa crema
cuadro cuarto cubo cuello cuenta cuento cueva cuna dado dama danza deseo dibujo diente diez disco
doce dorado ducha duende dulce duna edad enero ensayo erizo escoba espiga espuma este etapa falda
farol fiesta fila flauta flor foca folio fondo formar forro foto fresa fruta fruto fuego fuente
fuerte gafas gaita gallo gamba ganso garza gema gente globo gol golfo gorra gota granja grano grillo
grulla guante guinda gusano haba habla harina haya hebra helado heno hierba hierro higo hilo hogar
hoja hora horno hotel hoyo hucha huerto hueso huevo humo idea imagen isla jardin jarra jaula jazmin
jirafa joven joya juego jugo julio junio lago laguna lana lancha lata laurel lazo leche lengua lente
letra libro lila lima lince lirio lista llama llano llave lluvia loma lona loro lugar luna lupa luz
madera magia maleta mango mano manta mantel mapa mar marfil margen marino martes marzo mayo media
melena menta mesa meta metro miel miga mina minuto mito moda molino moneda monte morado moto motor
mueble muelle mundo museo musgo nabo nadar naipe nariz nave nido niebla nieve noche norte nota nube
nuca nudo nuez oasis oboe oca ocho oeste olivo olla olmo once onda oreja orilla oro oruga oso ostra
padre paja pala palma paloma panal panda papa papel parque parra pastel pasto pata patio pato paz
pecera peine pelo pelota pera perro pesa pez piano pico piedra piel pila piloto pinar pintor pinza
piso pista planta plata playa plaza pluma poema polen polo polvo pomelo poni pozo prado primo puente
puerta puerto pulga puma punto queso quince quinta radio rampa rana rayo red regalo reina reloj remo
reno resina reto riego rima ritmo roble robot rodeo rojo rollo ronda ropa rosal rueda ruido rumbo
ruta sabio sal sala salmon salsa salto sauce seis selva semana senda serie siesta siete siglo silbo
silla sobre sol sombra sonido sopa sota suerte sur surco tabla taller tango tapa tapete tarde tarta
taza techo teja tejado tela telar templo tenis tienda tierra tigre timbre tinta tiza toalla tomate
tono torre torta trapo trece tren trigo trineo trompo tronco tropa trote trueno tubo turno uva vaina
valor vapor vara vaso vecino vela veloz verano verde viaje vida viento viola visor vista vuelo yate
yema yeso yogur yunque zapato zinc zona zorro zueco zumo
`
