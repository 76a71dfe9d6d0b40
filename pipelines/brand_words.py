"""Words that say nothing about a topic: function words of seven languages, and the networks' own talk."""

from __future__ import annotations

_ENGLISH = """
a about after again against all almost already also although always am among an and another any anyone
anything are around as ask at away back be became because been before being best better between both but by
call came can cannot come could day days did do does doing done down during each either else enough even
ever every everyone everything far few find first for found from full further gave get gets getting give
given go goes going gone good got great had happen happy has have having he hear her here hers him his hour
hours how however i if in indeed instead into is it its itself just keep kept know known last later least
less let like little long look looking lot love made make makes making many may maybe me mean means might
mine minute month more morning most much must my near need needs never new next night no nobody none nor not
nothing now of off often oh ok okay old on once one only onto or other others our out over own part people
per perhaps please put quite rather read real really right said same saw say saying says see seem seen set
several shall she should show since so some someone something soon still such sure take takes taken tell
than thank thanks that the their them then there these they thing things think this those though thought
three through time times to today together told tomorrow tonight too took toward tried true try trying two
under until up upon us use used using very via want wants was watch way we week weeks well went were what
whatever when where whether which while who whole whom whose why will wish with within without won't work
working world would wow yeah year years yes yesterday yet you your yours don't doesn't didn't can't couldn't
wouldn't shouldn't isn't aren't wasn't weren't haven't hasn't i'm i've i'll i'd you're you've you'll we're
we've we'll they're they've they'll it's that's there's here's what's who's let's he's she's how's ain't
gonna wanna gotta lol amp rt cc dm ps fyi link bio post posts thread tweet tweets retweet follow http https
www com
"""
_GERMAN = """
aber alle allem allen aller alles als andere auch auf aus bei beim bin bis bist da damit dann das dass dein
dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem
einen einer eines er es etwas euch euer für gegen gibt gut hab habe haben hat hatte hatten heute hier hin
ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer ins ist ja jede jeden jeder jetzt kann kein keine
keinen können könnt machen mal man mehr mein meine mich mir mit morgen muss müssen nach neue neuen nicht
nichts noch nun nur ob oder ohne schon sehr sein seine seit sich sie sind soll sollte sondern um und uns
unser unsere unter viel viele vom von vor war waren weil weiter wenn wer werden wie wieder wir wird wo wurde
wurden zu zum zur über
"""
_ROMANCE_AND_DUTCH = """
alors au aujourd aussi autre aux avec avoir bien ce cela ces cet cette chez comme dans de depuis deux dire
donc elle elles en encore entre est et eux faire fait il ils je la le les leur leurs lui mais même mes moi
mon ne nos notre nous ont ou où par pas peu peut plus pour pourquoi qu quand que quel quelle qui sa sans ses
si son sont sous sur ta tes toi ton tous tout toute toutes très un une vos votre vous y à ça était être
ahora al algo antes aquí así aunque año años bueno cada como con contra cual cuando del desde día donde dos
el ella ellos era eres esa ese eso esta estaba está están este esto estos fue gracias ha hace han hasta hay
hoy las lo los más mi mis mucho muy nada ni nosotros nuestra nuestro o otra otro para pero poco por porque
puede quien qué se sea ser sido sin sobre solo su sus sí también tan te tiene tienen toda todo todos tu tus
una uno unos ver ya yo agora ainda ao aos até dela dele depois e ela ele eles em essa esse eu foi hoje isso
isto já mas mesmo meu minha muito na nas nem não nós os pela pelo quando quem sem seu sua são só também tem
tudo uma você vocês ad ai alla anche ancora che chi ci cosa così dal dalla dei della delle di dove ed essere
fa fare gli hai hanno ho io lei loro ma mia mio molto nel nella noi non oggi ogni perché più poi può quanto
quella quello questa questo sei sia sono sul sulla suo ti tra tutti tutto voi è aan altijd bij daar dan dat
deze dit doen door dus een geen gaan goed haar heb hebben heeft hem het hij hoe hun ik kan kunnen maar meer
met mij mijn moet naar niet niets nog nu om omdat onder ons ook op tegen toch toen tot u uit uw van veel
voor vandaag waar wat wel werd wij wil worden wordt zal ze zei zelf zich zij zijn zo zonder zou
"""
FUNCTION_WORDS = frozenset((_ENGLISH + _GERMAN + _ROMANCE_AND_DUTCH).split())
"""English, German, French, Spanish, Portuguese, Italian and Dutch, case folded."""
