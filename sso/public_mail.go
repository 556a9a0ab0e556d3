package sso

import "strings"

// publicMail are the mail providers where everybody, or every customer of a
// network, has an address. A school cannot prove one, and a record that says
// otherwise would be a mistake of theirs.
var publicMail = set(`
gmail.com googlemail.com
outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.at outlook.be outlook.dk outlook.pt
outlook.sa outlook.ie outlook.cz outlook.hu outlook.kr outlook.lv outlook.ph outlook.sg outlook.sk
outlook.co.id outlook.co.il outlook.co.th outlook.com.ar outlook.com.au outlook.com.br outlook.com.gr outlook.com.tr
outlook.com.vn outlook.cl outlook.in outlook.my
hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.nl hotmail.be hotmail.ca hotmail.ch
hotmail.at hotmail.dk hotmail.no hotmail.se hotmail.gr hotmail.jp hotmail.co.jp hotmail.co.th hotmail.com.ar
hotmail.com.au hotmail.com.br hotmail.com.mx hotmail.com.tr
live.com live.co.uk live.fr live.de live.it live.nl live.be live.ca live.se live.no live.dk live.at live.cn live.jp
live.com.au live.com.mx live.com.pt live.com.ar live.ie live.ru msn.com passport.com windowslive.com
yahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoo.ca yahoo.ie yahoo.se yahoo.dk yahoo.no yahoo.gr yahoo.pl
yahoo.ro yahoo.co.in yahoo.in yahoo.co.jp yahoo.co.id yahoo.co.nz yahoo.co.th yahoo.co.za yahoo.com.ar yahoo.com.au
yahoo.com.br yahoo.com.cn yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.ph yahoo.com.sg yahoo.com.tr yahoo.com.tw
yahoo.com.vn yahoo.cn ymail.com rocketmail.com myyahoo.com aol.com aol.co.uk aol.de aol.fr aim.com
icloud.com me.com mac.com privaterelay.appleid.com
proton.me protonmail.com protonmail.ch pm.me passmail.net
gmx.com gmx.net gmx.de gmx.at gmx.ch gmx.fr gmx.es gmx.co.uk gmx.us web.de email.de mail.com email.com usa.com
t-online.de magenta.de freenet.de arcor.de vodafone.de vodafonemail.de online.de onlinehome.de kabelmail.de
unitybox.de posteo.de posteo.net mailbox.org tutanota.com tutanota.de tutamail.com tuta.io tuta.com keemail.me
bluewin.ch sunrise.ch hispeed.ch aon.at chello.at a1.net
orange.fr wanadoo.fr free.fr sfr.fr laposte.net neuf.fr numericable.fr bbox.fr club-internet.fr
libero.it virgilio.it tiscali.it alice.it tin.it tim.it inwind.it iol.it fastwebnet.it poste.it
terra.es telefonica.net movistar.es ono.com
sapo.pt mail.telepac.pt clix.pt
btinternet.com btopenworld.com sky.com virginmedia.com ntlworld.com blueyonder.co.uk talktalk.net tiscali.co.uk
eircom.net
ziggo.nl kpnmail.nl kpnplanet.nl planet.nl xs4all.nl home.nl hetnet.nl casema.nl upcmail.nl
telenet.be skynet.be proximus.be scarlet.be
telia.com bredband.net spray.se online.no broadpark.no mail.dk stofanet.dk luukku.com elisanet.fi kolumbus.fi
wp.pl onet.pl onet.eu o2.pl interia.pl interia.eu gazeta.pl poczta.fm tlen.pl op.pl vp.pl
seznam.cz email.cz centrum.cz atlas.cz volny.cz azet.sk zoznam.sk centrum.sk
freemail.hu citromail.hu indamail.hu abv.bg mail.bg dir.bg
mail.ru bk.ru inbox.ru list.ru internet.ru yandex.ru yandex.com ya.ru yandex.by yandex.kz yandex.ua rambler.ru
lenta.ru ukr.net i.ua meta.ua bigmir.net tut.by inbox.lv one.lt
qq.com foxmail.com vip.qq.com 163.com 126.com yeah.net vip.163.com sina.com sina.cn sohu.com tom.com aliyun.com
139.com 189.cn 21cn.com wo.cn
naver.com hanmail.net daum.net nate.com kakao.com
docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp excite.co.jp
pchome.com.tw hinet.net seed.net.tw netvigator.com
rediffmail.com indiatimes.com sify.com in.com bol.com.br uol.com.br terra.com.br ig.com.br globo.com globomail.com
r7.com oi.com.br zipmail.com.br hotmail.cl
prodigy.net.mx arnet.com.ar fibertel.com.ar ciudad.com.ar speedy.com.ar
bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au xtra.co.nz slingshot.co.nz
mweb.co.za webmail.co.za telkomsa.net vodamail.co.za walla.co.il walla.com netvision.net.il 012.net.il
mynet.com superonline.com
comcast.net verizon.net att.net sbcglobal.net bellsouth.net pacbell.net cox.net charter.net spectrum.net rr.com
roadrunner.com earthlink.net mindspring.com juno.com netzero.net optonline.net optimum.net frontier.com
frontiernet.net windstream.net centurylink.net q.com embarqmail.com suddenlink.net
rogers.com shaw.ca sympatico.ca bell.net telus.net videotron.ca cogeco.ca
fastmail.com fastmail.fm messagingengine.com hey.com zoho.com zohomail.com zohomail.eu hushmail.com mailfence.com
runbox.com startmail.com disroot.org riseup.net lavabit.com countermail.com ctemplar.com cock.li inbox.com lycos.com
excite.com rediff.com mailo.com netcourrier.com eclipso.de eclipso.eu vivaldi.net opayq.com duck.com
simplelogin.com simplelogin.co addy.io anonaddy.com mozmail.com
mailinator.com guerrillamail.com guerrillamail.net sharklasers.com 10minutemail.com tempmail.com temp-mail.org
yopmail.com yopmail.fr trashmail.com trashmail.de getnada.com dispostable.com maildrop.cc mailnesia.com discard.email
throwawaymail.com mohmal.com moakt.com emailondeck.com fakeinbox.com spamgourmet.com
`)

func set(words string) map[string]bool {
	all := make(map[string]bool)
	for _, word := range strings.Fields(words) {
		all[word] = true
	}
	return all
}
