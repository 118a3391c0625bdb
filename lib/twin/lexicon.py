"""The words of the twin: sentence frames, names, marks and recurring slips, as plain data.

A frame is a sentence without its final stop. ``[a|b]`` is a choice (it may nest, and one side may
be empty), ``<I|we>`` a choice by the writer's voice, ``{city}`` a slot that an ad's facts fill.
Everything here is invented and harmless: services, nicknames, example.org. `lib.twin.wording` reads it.
"""
# ruff: noqa: SIM905 (word lists are easier to read and to edit as plain text)

# Nicknames a poster may sign with: plants, weather, birds, colours; no surname, so no person.
NAMES = tuple(
    """
Acorn Alder Amber Apple Aspen Autumn Basil Bay Beech Berry Birch Blue Bramble Breeze Brook Bunny Button Cedar
Clay Clover Cloud Clementine Coco Copper Coral Cricket Daisy Dawn Dove Dusty Echo Elm Ember Fern Finch
Fig Flint Forest Fox Frost Ginger Goldie Grove Harbor Hazel Heather Holly Honeydew Indigo Ivy Jade Jasper Jay
Juniper Kiwi Lark Laurel Lemon Lilac Lily Lucky Maple Marigold Mango Meadow Mint Misty Moss Nutmeg Oak Ocean
Olive Onyx Opal Orchid Otter Pebble Pepper Pine Pip Plum Poppy Quill Rain Raven Reed River Robin Rocky
Rosemary Rowan Rusty Saffron Sage Sandy Scout Shadow Sky Snow Sparrow Spruce Star Stone Storm Summer Sunny
Tansy Teal Thistle Tulip Valley Violet Walnut Willow Winter Wren Ziggy Zinnia
""".split()
)

# What every ad may say, whatever the service; `detail` is added to each service's own details.
COMMON = {
    "tag": (
        "[free|no cost] [quotes|estimates]",
        "call [now|today]",
        "[open|here] 7 days",
        "[same day|next day|same week] [service|visits]",
        "[low|fair|honest] [prices|rates]",
        "[from|only|just] {price}",
        "since {since}",
        "[ask for|call|talk to] {name}",
        "{city} [area|and around|]",
        "[best|top] [rated|reviewed]",
        "[book|reserve] [now|today|online]",
        "[this week|weekend] [special|deal|offer]",
        "[new|first time] [customers|clients] welcome",
        "[local|neighborhood] [team|business|folks]",
        "[quick|fast] [replies|answers]",
        "[friendly|polite] and [on time|careful]",
        "[years of|lots of|real] experience",
        "[nights|evenings] and weekends",
        "[low cost|budget friendly|cheap]",
        "[call|text] {name}",
        "[a few|some|two] [spots|slots] left",
        "[insured|licensed and insured|references]",
    ),
    "greeting": (
        "[hello|hi|hey] [there|everyone|{city}|neighbors|all]",
        "[good day|good morning|greetings] [to all|{city}|everybody]",
        "[welcome|welcome to my ad|thanks for stopping by]",
        "[hi|hello], my name is {name}",
        "[hey|hi], {name} here",
        "thank you for [reading|looking|clicking]",
        "[looking for|need|searching for] [help|a hand|someone good]",
        "[are you|is your family] [new to|moving to|living in] {city}",
        "[tired of|fed up with] [waiting|no shows|high prices]",
        "[let <me|us> help you|let <me|us> give you a hand|<I am|we are> here to help]",
        "[stop scrolling|look no further|your search ends here]",
        "dear [neighbors|customers|people of {city}]",
    ),
    "about": (
        "<I have|we have> been [doing this|working|in business|at it] since {since}",
        "<I am|we are> [a local|a small|an honest|a family run] [business|outfit|shop] in {city}",
        "<I|we> [started|began] in {since} with [one|a single] [bucket|toolbox|van|idea] and [a lot of|plenty of] [patience|coffee]",
        "[my name is|I am called|people call me] {name} and <I love what I do|we love what we do>",
        "<I|we> [grew up|live] [here|in {city}|nearby] and know [every street|the area|the neighborhood] well",
        "<I am|we are> [licensed|fully insured|bonded and insured] and [happy|glad] to show [papers|proof]",
        "[most|nearly all|almost all] of <my|our> [customers|clients] [come back|return|stay] [year after year|for years]",
        "there are {count} of us [on the team|working here], [all|every one] [trained|experienced|careful]",
        "<I take|we take> pride in [every job|each visit|the small things]",
        "{name} has [run|led|looked after] this [little|small] [business|company] since {since}",
        "<I work|we work> [alone|with care|without rush], so you [always know|will know] who [comes|is coming]",
        "[honest|straight|plain] [talk|answers], [fair|decent] [work|prices], that is [all|the whole story]",
        "<I am|we are> [a retired teacher|a former carpenter|an old hand] with [time|patience] [to spare|for every question]",
        "[more than|over] [a hundred|two hundred|fifty] [homes|families|people] in {city} [trust|know|use] <me|us>",
        "<I speak|we speak> [English and Spanish|two languages|English, French and a little German]",
        "<I have|we have> [good|great|excellent] [reviews|ratings] and [references|photos of past work]",
    ),
    "price": (
        "[rates|prices] [start|begin] at {price}",
        "{price} [per|an|each] hour",
        "[only|just] {price} [for the first visit|to start|per visit]",
        "[flat|fixed] [rate|price] of {price}, no [surprises|extra fees|hidden costs]",
        "<I|we> [charge|ask] {price} and [that is it|not a cent more|nothing else]",
        "[most jobs|small jobs|typical jobs] [cost|come to|are] [about|around] {price}",
        "[ask about|mention] [the|this] [ad|post] and [get|take] [ten|fifteen] percent off",
        "[discounts|special rates|lower prices] for [seniors|students|regular customers|teachers]",
        "[cash|card|check] [or|and] [card|bank transfer|app] [is fine|accepted|are both ok]",
        "[no|never any] [deposit|money] [needed|due] [up front|before the work is done]",
        "[pay|you pay] [after|only when] [the job is done|you are happy with it]",
        "[quotes|estimates] are [always |]free, [by phone|by text|on the spot]",
        "[two|three] visits for [the price of {price}|{price}]",
        "[price|rate] [depends on|varies with] [size|distance|the work], [but|though] [never|not] under {price}",
        "[cheaper|better value] than [the big companies|you think|most]",
        "[bring|send] a [written|real] quote and <I|we> will [match|try to beat] it",
    ),
    "area": (
        "<I|we> [cover|serve|work in] {city} and [nearby towns|the suburbs|all around it]",
        "[based|located] in {city}",
        "[anywhere|any place] [within|up to] {size} miles of {city}",
        "[close to|near|by] the [bus line|train station|park|library]",
        "[travel|driving] [is free|costs nothing] [inside|within] {city}",
        "[north|south|east|west] side of {city} [preferred|is best|only]",
        "[easy|free|street] parking [right outside|nearby|at the door]",
        "<I|we> [come|drive] to you, [anywhere in|all over] {city}",
        "[two|five|ten] minutes from [downtown|the center|the highway]",
        "[serving|helping] {city} since {since}",
    ),
    "times": (
        "[open|available] [every day|seven days a week|Monday to Saturday]",
        "[early|late] [hours|appointments] [possible|on request|no problem]",
        "[weekends|Saturdays|evenings] are [fine|ok|busy so book early]",
        "[from 8 to 6|between 8 and 6], [later|longer] [by appointment|if you ask]",
        "[same day|next day] [appointments|visits] when [possible|<I can|we can>]",
        "[closed|no work] on [Sundays|holidays|Mondays]",
        "[a few|some] [openings|spots|slots] [left|free] [this week|this month|next week]",
        "[mornings|afternoons] [work|are] best [for <me|us>|]",
        "[book|reserve] [at least|about] [a day|two days|a week] [ahead|before]",
        "<I am|we are> [never late|always on time|there when <I say|we say>]",
    ),
    "detail": (
        "all [jobs|requests|questions] welcome, [big or small|large or little]",
        "[friendly|polite|quiet], [careful|tidy] and [on time|punctual]",
        "[references|reviews] [available|on request|if you ask]",
        "<I|we> [bring|supply] [everything|all that is needed|<my|our> own gear]",
        "[no|without] [contract|long contract|sign up], [cancel|stop] [any time|when you like]",
        "[if|should] [something|anything] [is|be] not right, <I|we> [fix it|come back|make it good] [for free|at no cost]",
        "[clear|simple] [answers|advice] [before|ahead of] any work [starts|begins]",
        "[please|kindly] [send|text] a [photo|short note] [so|and] <I|we> can [plan|give a price]",
        "<I do|we do> not [rush|cut corners|leave early]",
        "[your|the] [time|home|schedule] [matters|comes first|is respected]",
        "[shoes off|shoe covers on] [in|inside] [your home|the house], [of course|always]",
        "[safe|clean] [vehicle|van], [safe|clean] [hands|gear]",
        "[gift|birthday] [cards|certificates] [available|can be had]",
        "[good|nice] [with|around] [kids|pets|older people]",
        "[see|look at] the [photos|pictures] [below|above|in this ad]",
        "[thank you|thanks] to [all|everyone] who [recommended|shared|voted for] <me|us>",
        "[no job|nothing] is too [small|odd|far]",
        "<I|we> [answer|return] [all|most] [calls|messages] [within|in] [an hour|the day]",
        "[you|everyone] will [get|receive] a [written|printed] [list|receipt]",
        "[only|just] [serious|real] [requests|questions] please",
        "[new|first time] [customers|clients] [get|receive] a [small|little] [gift|extra|thank you]",
        "[ask|feel free to ask] [anything|whatever you like|questions], <I|we> [do not bite|like to talk]",
        "<I|we> [keep|write] a [short|simple] [list|plan] so nothing [is forgotten|gets missed]",
        "[rain or shine|in any weather|snow or sun], <I|we> [show up|come]",
    ),
    "contact": (
        "[call|text|ring] {phone}",
        "[call or text|text or call] {name} [at|on] {phone}",
        "[my|the] number is {phone}",
        "[please|kindly] [call|phone|text] {phone}",
        "[reach|contact] <me|us> [at|on] {phone}",
        "[phone|tel|cell|mobile] {phone}",
        "{phone} [ask for|talk to] {name}",
        "[for|to get] [a quote|an appointment|details] [call|text|dial] {phone}",
        "[ready|interested|questions], [call|text|try] {phone}",
        "[text|message] [is best|first please|preferred] {phone}",
        "[no|please no] [blocked|hidden] [calls|numbers], [dial|call] {phone}",
        "{name} {phone}",
        "[just|simply] [dial|text] {phone} [today|now|any time]",
        "[leave|drop] a [message|voicemail] [on|at] {phone}",
        "[pick up|grab] the phone [and|then] [dial|call] {phone}",
        "[office|shop|home] {phone}",
        "[save|write down|keep] <my|our> number {phone}",
        "[book|reserve] [by phone|your spot] {phone}",
    ),
    "closing": (
        "[thank you|thanks|many thanks]",
        "[thanks|thank you] for [reading|your time|looking]",
        "[talk|speak] [soon|to you soon]",
        "[see you|hope to see you] [soon|around|in {city}]",
        "[have a|enjoy your] [great|nice|good|lovely] [day|week|one]",
        "<I|we> look forward to [hearing from you|your call|meeting you]",
        "[best|warm|kind] [wishes|regards], {name}",
        "[cheers|regards|yours], {name}",
        "[do not|never] [wait|miss out], [spots|slots] [fill|go] [fast|quickly]",
        "[tell|bring] a [friend|neighbor]",
        "[stay|be] [well|safe|happy]",
        "[call|text] [now|today|tonight]",
        "[please|kindly] [share|pass on] this [ad|post]",
        "[hope|wishing] [to help you|to be of help] [soon|one day]",
    ),
    "mail": (
        "[email|e-mail|mail|write to] {mail}",
        "[or|you can also] [write|send a note] to {mail}",
        "[prefer|like] email, [use|try] {mail}",
        "[photos|questions|requests] [to|go to] {mail}",
        "[contact|mail]: {mail}",
    ),
    "link": (
        "[more|see more|photos] at {link}",
        "[our|the|my] [page|site|website] is {link}",
        "[visit|check out|go to] {link}",
        "[reviews|prices|examples] on {link}",
        "{link} [for more|has it all|to book]",
    ),
    "things": (
        "[in the|on the] [photos|pictures]: {things}",
        "[you can see|here you see|shown here]: {things}",
        "[look for|notice|spot] {things} [in the photos|in the pictures|above]",
        "[the|my|our] [pictures|photos] show {things}",
        "[with|you will find] {things}",
    ),
}

# Per service: what the title says, what is offered, and the details of the trade.
SERVICES = {
    "rooms": {
        "title": (
            "[sunny|bright|quiet|cozy|large] room [to let|for rent|available]",
            "[furnished|clean|spacious] [bedroom|studio|flat] in {city}",
            "room [near|by] [the park|the station|campus]",
            "[small|tidy] {count} bedroom [flat|house|apartment]",
            "[share|join] a [friendly|calm] [house|home]",
        ),
        "offer": (
            "[one|a] [sunny|bright|quiet] [room|bedroom] [to let|for rent] in a [shared|friendly|clean] [house|home|apartment]",
            "<I am|we are> [renting|letting] [out |]a [furnished|half furnished|large] [room|studio] [for|at] {price} a week",
            "[room|space] [about|around] {size} feet long with [a desk|a big window|a closet]",
            "[the|this] [flat|apartment|house] has {count} bedrooms, [a garden|a balcony|a big kitchen] and [laundry|a bath]",
            "[short|long] [stays|lets] [welcome|possible|are fine], [by the week|by the month]",
        ),
        "detail": (
            "[internet|wifi], [heat|heating] and [water|power] [included|are in the rent]",
            "[shared|common] kitchen with [an oven|a dishwasher|two fridges]",
            "[no smoking|non smokers only], [pets|cats] [by arrangement|are ok|negotiable]",
            "[washer|laundry] [and dryer |]in the [basement|building]",
            "[the|your] room has [its own key|a lock|a large closet|a new mattress]",
            "[quiet|calm] [street|building|neighbors], [good|nice] for [students|nurses|night workers]",
            "[one|first] month [in advance|up front], [a small|no] deposit",
            "[bus|train] to [downtown|campus] [stops|leaves] [at the corner|every ten minutes]",
            "[bikes|your bike] can be [kept|stored] in the [shed|hall]",
            "[housemates|the others here] are [tidy|easy going|quiet] [people|folks]",
        ),
    },
    "cleaning": {
        "title": (
            "[house|home|office|apartment] cleaning",
            "[sparkling|spotless|fresh] [homes|rooms|kitchens]",
            "[deep|spring|weekly|move out] clean[ing|]",
            "[window|carpet|oven] [cleaning|cleaners]",
            "[cleaner|cleaners|cleaning team] [for hire|in {city}|available]",
        ),
        "offer": (
            "<I|we> clean [houses|homes|flats], [offices|shops] and [stairways|garages]",
            "[weekly|monthly|one time] [cleaning|cleans] for [busy|working] [families|people]",
            "[deep|full|top to bottom] [clean|cleaning] of [kitchen and bath|the whole house|every room] [from|for] {price}",
            "[move in|move out|end of lease] [cleaning|cleans] with [a checklist|photos before and after]",
            "[a team of|up to] {count} cleaners [comes|can come] [at once|together]",
        ),
        "detail": (
            "[floors|tiles], [windows|mirrors] and [baseboards|shelves] [wiped|scrubbed|polished]",
            "[green|mild|scent free] [products|soaps] [only|if you wish]",
            "<I|we> [dust|vacuum|mop] [under|behind] the [furniture|beds|sofa] [too|as well]",
            "[ovens|fridges] [inside and out|cleaned inside] [for a small extra|on request]",
            "[laundry|ironing|dishes] [can be added|on request|included]",
            "[keys|your keys] are [kept|held] [safe|in a locked box]",
            "[carpets|rugs] [shampooed|steamed] with [a pro machine|<my|our> own machine]",
            "[after|before] [a party|the builders|the holidays] <I|we> [make it shine|clean up]",
            "[vacuum|mop], [cloths|sponges] and [soap|spray] [come with <me|us>|are included]",
            "[dust|crumbs|stains|limescale] [gone|removed] in [two|three] hours",
        ),
    },
    "moving": {
        "title": (
            "[movers|moving help|man with a van|moving crew]",
            "{count} movers and a [van|truck]",
            "{size} ft [truck|van] [for hire|with driver]",
            "[cheap|careful|strong] [movers|moving]",
            "[local|long distance|small] [moves|hauling]",
        ),
        "offer": (
            "{count} [strong|careful] movers [and|with] a {size} ft [van|truck]",
            "[local|small|apartment] moves [done|finished] in [half a day|one day|a morning]",
            "<I|we> [load|pack|carry] [everything|furniture|boxes], [drive|haul] it and [unload|set it up]",
            "[pickup|delivery] of [sofas|beds|appliances] from [any store|a seller|storage]",
            "[{price} per hour|from {price}] for [van and driver|two people and a truck]",
        ),
        "detail": (
            "[blankets|straps|ramps] and [dollies|boxes] [included|on board|free of charge]",
            "[pianos|safes|big fridges] [no problem|with notice|by quote]",
            "[stairs|third floor|no elevator] [is fine|cost nothing extra|do not scare <me|us>]",
            "[boxes|packing paper|tape] can be [bought|borrowed] from <me|us>",
            "<I|we> [wrap|pad] [mirrors|tables|every piece] [well|with blankets]",
            "[junk|old furniture] [hauled away|taken to the dump] [too|on the way]",
            "[storage|a storage unit] for [a week|a month] [possible|can be arranged]",
            "[beds|shelves|desks] [taken apart|put together] [on request|at no charge]",
            "[nothing|not a thing] [broken|scratched] since {since}",
            "[fuel|tolls|mileage] [included|is in the price] [inside|within] {city}",
        ),
    },
    "repairs": {
        "title": (
            "[handyman|handyman service|home repairs|fix it service]",
            "[doors|taps|shelves|fences] [fixed|repaired]",
            "[small|odd] [jobs|repairs] [done right|in {city}]",
            "[plumbing|drywall|tile] [repair|help]",
            "[honest|careful] [handyman|repair work]",
        ),
        "offer": (
            "<I|we> [fix|repair|mend] [doors|locks], [taps|toilets] and [shelves|cabinets]",
            "[drywall|plaster|tile] [patching|repair] [at|from] {price}",
            "[assembly|mounting] of [furniture|shelves|curtain rods|screens]",
            "[leaky|dripping] [taps|pipes|gutters] [stopped|fixed] the same day",
            "[all kinds of|most] [small|odd] [jobs|repairs] around the [house|home|shop]",
        ),
        "detail": (
            "[screens|windows|blinds] [replaced|freed|rehung]",
            "<I|we> [own|bring] [every tool|ladders and drills|a full toolbox]",
            "[parts|materials] at [cost|store price], [receipt|bill] [shown|included]",
            "[squeaky|sticking] [floors|doors|drawers] made [quiet|smooth] again",
            "[lights|fans|switches] [swapped|changed] [safely|with care]",
            "[fences|gates|decks] [repaired|stained|leveled]",
            "[a two hour|one hour] minimum, [so|please] [make|save up] a list",
            "[before|after] photos of [every|each] [job|repair]",
            "[old|worn] [grout|caulk|seals] [renewed|replaced] in [bath|kitchen]",
            "[work|all work] [guaranteed|covered] for [a year|six months]",
        ),
    },
    "tuition": {
        "title": (
            "[math|reading|science|English|Spanish] [tutor|lessons|tuition]",
            "[patient|friendly|experienced] tutor [in {city}|for all ages|]",
            "[homework|exam] help",
            "[learn|practice] [Spanish|French|algebra|writing]",
            "tutoring [for|with] [kids|teens|adults]",
        ),
        "offer": (
            "<I|we> [teach|tutor] [math|algebra|reading], [physics|writing|history] and [chemistry|grammar]",
            "[one to one|small group] [lessons|tuition] [for|from] {price} [an hour|a lesson]",
            "[homework|exam|test] [help|preparation] for [grade|middle|high] school",
            "[English|Spanish|French] for [beginners|travelers|adults], [slow|at your pace]",
            "groups of {count} [learn|study] [together|at a table] [twice|once] a week",
        ),
        "detail": (
            "[at home|at the library|online], [you choose|as you like]",
            "[first|trial] [lesson|half hour] [is free|at half price]",
            "[books|worksheets|practice tests] [included|supplied|are free]",
            "[progress|short] [notes|reports] for [parents|you] [after|every] [lesson|month]",
            "[essays|reports] [read|checked] and [explained|discussed], [never|not] written for you",
            "[slow|nervous|bored] [learners|students] [are|feel] [welcome|at ease]",
            "[college|entrance] [essays|exams] [practiced|prepared] [step by step|with real papers]",
            "<I|we> [explain|show] it [three ways|with drawings] until it [clicks|sits]",
            "[grades|marks] [went up|improved] for [most|nearly all] [students|kids]",
            "[parents|brothers and sisters] may [sit in|listen]",
        ),
    },
    "gardening": {
        "title": (
            "[garden|yard|lawn] [care|work|help]",
            "[mowing|hedges|pruning|raking] [and more|done|]",
            "[green|tidy] [gardens|lawns]",
            "[spring|fall|weekly] [yard|garden] [cleanup|service]",
            "gardener [available|with tools|in {city}]",
        ),
        "offer": (
            "[lawn|grass] [cut|mowed] and [edged|trimmed] [from|for] {price}",
            "[hedges|trees|roses|shrubs] [pruned|trimmed|shaped] [by hand|with care]",
            "[planting|digging|weeding] of [beds|borders|vegetable plots]",
            "<I|we> [rake|clear|haul] [leaves|branches|weeds] [and take them away|]",
            "[spring|fall] [cleanups|yard work] by a crew of {count}",
        ),
        "detail": (
            "[mulch|soil|compost|gravel] [delivered|spread] [by the yard|too]",
            "[native|dry|shade] [plants|gardens] are [a love of mine|<my|our> thing]",
            "[no|without] [harsh|strong] [sprays|chemicals]",
            "[sprinklers|hoses|drip lines] [checked|set|repaired]",
            "[mower|trimmer|blower] and [rakes|bags] [are mine|included|on the truck]",
            "[ponds|patios|paths] [cleaned|weeded|laid]",
            "[watering|plant care] while you [travel|are away]",
            "[old|dead] [stumps|bushes|trees] up to {size} ft [removed|taken out]",
            "[herbs|tomatoes|beans] [in pots|for balconies] [planted|started] [with you|for kids]",
            "[weekly|every two weeks|monthly] [plans|visits] [keep it neat|cost less]",
        ),
    },
    "pets": {
        "title": (
            "[dog|pet] [walker|walking|sitter|care]",
            "[cat|rabbit|bird] [sitting|visits]",
            "[happy|tired|clean] [dogs|pets]",
            "[pet|dog] [grooming|bath] [at your door|in {city}|]",
            "[small|friendly] pet [hotel|boarding]",
        ),
        "offer": (
            "<I|we> [walk|feed|look after] [dogs|cats|rabbits] while you [work|travel]",
            "[half hour|one hour] [walks|visits] [for|at] {price}",
            "[cat|pet|bird] [sitting|visits] in [your|their own] home",
            "[bath|brush|nail trim] for [small|large|all] dogs",
            "[walks|outings] in groups of [up to |]{count}, [never|not] more",
        ),
        "detail": (
            "[photos|a short note] [after|from] [each|every] [walk|visit]",
            "[shy|old|loud] [dogs|cats] [get extra time|are welcome]",
            "[medicine|pills|drops] [given|no problem]",
            "[fresh|clean] water, [bowls|litter|bedding] [every time|always]",
            "[fenced|large] yard for [play|running] of {size} [yards|steps]",
            "[treats|toys] [included|on the house], tell <me|us> about allergies",
            "[first|meet and greet] visit [is free|costs nothing]",
            "[plants|mail|trash] [looked after|taken care of] [too|at the same time]",
            "<I|we> [know|trained in] [pet first aid|dog behavior]",
            "[puppies|kittens] [learn|practice] [sit and stay|the leash|manners]",
        ),
    },
    "hair": {
        "title": (
            "[hair cuts|haircuts|barber] [at home|in {city}|]",
            "[cut|trim] and [wash|style]",
            "[mobile|family|kids] [barber|hairdresser]",
            "[beard|fringe] [trims|and cut]",
            "[wedding|school|summer] hair",
        ),
        "offer": (
            "[cuts|trims] for [men, women and kids|the whole family|all ages] [from|at] {price}",
            "<I|we> [come|drive] to [your home|care homes|your office] with [chair and mirror|everything]",
            "[braids|curls|updos] for [weddings|school photos|parties]",
            "[beard|mustache|fringe] [trim|shape] [with|after] [each|any] cut",
            "[color|highlights|gloss] with [gentle|ammonia free] [products|dyes]",
        ),
        "detail": (
            "[tools|combs|scissors] [cleaned|boiled] [between|after] [clients|every cut]",
            "[kids|wriggly kids] [sit still|get a sticker], [promise|really]",
            "[wash|shampoo] and [blow dry|scalp rinse] [included|for a little extra]",
            "[thick|fine|curly|grey] hair is [a specialty|welcome|<my|our> daily work]",
            "[seniors|wheelchair users] [at home|in care homes] [gladly|no problem]",
            "<I|we> [sweep|clean] up [every hair|the floor] [after|before leaving]",
            "[groups|families] of {count} [get|pay] a [lower|better] [rate|price]",
            "[a photo|a picture] of what you [like|want] [helps|is a good idea]",
            "[trained|working] in salons since {since}",
            "[a cut|each cut] takes [about |][thirty|forty] minutes",
        ),
    },
    "catering": {
        "title": (
            "[home|party|office] [catering|cooking|food]",
            "[fresh|homemade|hot] [meals|lunches|tamales|pies]",
            "[birthday|wedding] [cakes|buffets]",
            "[caterer|cook] for [hire|parties|events]",
            "[lunch|dinner] for [ten|twenty|fifty]",
        ),
        "offer": (
            "<I|we> [cook|cater] for [parties|weddings|meetings] of [ten to eighty|any size]",
            "[buffet|lunch|barbecue] [from|at] {price} [a person|a head]",
            "[cakes|pies|cookies|bread] [baked|made] [to order|the same morning]",
            "[weekly|daily] [meal boxes|lunches] [brought|delivered] [hot|chilled]",
            "[vegan|halal|gluten free] [menus|dishes] [without fuss|are no trouble]",
        ),
        "detail": (
            "[plates|forks|napkins] and [tables|cups] [can be rented|included]",
            "[soup|salad|rice], [chicken|beans|fish] and [dessert|fruit] is the [usual|classic] [menu|set]",
            "{count} [helpers|servers] [set up|serve] and [clean up|wash]",
            "[tastings|a tasting] on [Fridays|weekends] [by appointment|for couples]",
            "[local|seasonal|market] [vegetables|fruit|bread] [whenever|if] possible",
            "[nuts|dairy|eggs] [left out|listed] [on request|for allergies]",
            "[kitchen|food] [permit|license] [on the wall|up to date]",
            "[order|book] [three|five] days [ahead|before], [big|large] events [earlier|a month]",
            "[leftovers|the rest] [packed|boxed] for [you|guests]",
            "[coffee|lemonade|iced tea] [station|urn] for [free|a small fee]",
        ),
    },
    "bikes": {
        "title": (
            "[bike|bicycle] [repair|tune up|service]",
            "[mobile|backyard] bike [mechanic|shop]",
            "[flat|brake|gear] [fix|repair]s",
            "[used|rebuilt] [bikes|kids bikes]",
            "[ready to ride|smooth gears] [today|again|]",
        ),
        "offer": (
            "[tune up|full check] of [brakes|gears], [wheels|chain] and [bearings|cables] for {price}",
            "[flats|tires|tubes] [fixed|changed] [while you wait|at your door]",
            "<I|we> [repair|rebuild|clean] [road|mountain|kids|cargo] bikes",
            "[used|rebuilt] bikes [for sale|to rent], [safe|tested] and [cheap|fair]",
            "[wheels|spokes] [trued|replaced], {size} inch and up",
        ),
        "detail": (
            "[brand name|good] [pads|chains|tires] in [stock|the van]",
            "[pickup|drop off] [within|inside] {city} [is free|for a small fee]",
            "[electric|folding|old steel] bikes [too|are welcome]",
            "[most|nearly all] [repairs|tune ups] [done|ready] [by tomorrow|in one day]",
            "[helmets|lights|locks|racks] [fitted|sold] [too|at cost]",
            "[kids|everyone] may [watch|help] and [learn|ask]",
            "[rust|squeaks|clicks] [gone|found and fixed]",
            "[winter|spring] [storage|check] for [up to |]{count} bikes",
            "[saddle|handlebar] [height|fit] [set|checked] [free|with each visit]",
            "[old|unwanted] [bikes|parts] [taken|given a new life]",
        ),
    },
    "photography": {
        "title": (
            "[family|wedding|product|school] [photos|photography|photographer]",
            "[photo|picture] [restoring|scanning|prints]",
            "[house|real estate|food] [pictures|photography]",
            "photographer [in {city}|for events|for hire]",
            "[natural|outdoor|clear] [light|portraits|pictures]",
        ),
        "offer": (
            "[weddings|birthdays|graduations|reunions] [photographed|covered] [from|for] {price}",
            "[family|team|passport] [portraits|pictures] [outdoors|in the park|at home]",
            "[product|food|house] [photos|pictures] for [shops|menus|listings|websites]",
            "[old|torn|faded] [prints|slides|photos] [scanned|restored]",
            "<I|we> [shoot|work] with {count} cameras and [a calm head|good lenses]",
        ),
        "detail": (
            "[prints|albums|frames] [can be ordered|at cost]",
            "[files|pictures] [ready|delivered] [within|in] [a week|three days]",
            "[edited|sharp], [large|full size] [files|pictures], all [yours|included]",
            "[rain|bad weather] [date|day] [is free|no charge]",
            "[groups|classes|clubs] up to {size} [people|heads] [in one shot|no problem]",
            "[lights|backdrop] [brought along|set up] [indoors|at your place]",
            "[kids|dogs|grandparents] [laugh|relax] [quickly|every time]",
            "[drone|roof] [views|shots] of [houses|gardens] [on request|too]",
            "[short|simple] [films|slide shows] [can be added|with music]",
            "[a shot list|your wish list] is [made|agreed] [together|before]",
        ),
    },
    "music": {
        "title": (
            "[guitar|piano|violin|drum|singing] lessons",
            "[learn|play] [guitar|piano|ukulele] [in a month|with {name}|at last]",
            "[band|music] for [weddings|parties]",
            "[music|piano] teacher [in {city}|for beginners|]",
            "piano [tuning|tuner]",
        ),
        "offer": (
            "[guitar|piano|violin|ukulele] [lessons|teaching] for [kids|adults|beginners] at {price}",
            "<I|we> [teach|play] [folk|jazz|classical|pop] [and more|by ear|with notes]",
            "a band of {count} [plays|for] [weddings|parties|street fairs]",
            "[singing|choir|voice] [lessons|practice] [for shy people|on weekends]",
            "[pianos|uprights|grands] [tuned|repaired|moved]",
        ),
        "detail": (
            "[instruments|a guitar|a keyboard] [can be borrowed|to rent|here for you]",
            "[half hour|one hour] [lessons|slots], [weekly|every two weeks]",
            "[scales|chords|songs], [rhythm|reading] and [fun|patience]",
            "[recitals|a small concert] [each|every] [summer|winter]",
            "[your own|any] [songs|favorites] [learned|written down] [note by note|together]",
            "[theory|ear training] [only if|when] you [like|want]",
            "[sheet music|strings|picks] [included|at cost]",
            "[never too|not too] [late|early] to [start|begin]",
            "[studio|music room] with [a real piano|good sound|{count} chairs]",
            "[lessons|class] [online|by video] when [sick|it snows]",
        ),
    },
    "computers": {
        "title": (
            "[computer|laptop|phone] [repair|help|doctor]",
            "[slow|broken|frozen] [laptop|computer]",
            "[wifi|printer|email] [setup|help]",
            "[screen|battery] [replacement|swap]",
            "[patient|plain] computer [teacher|help]",
        ),
        "offer": (
            "<I|we> [repair|clean|speed up] [laptops|computers|tablets]",
            "[screens|batteries|keyboards] [replaced|swapped] [from|for] {price}",
            "[wifi|printer|email|phone] [setup|set up] at [home|your office]",
            "[photos|files|letters] [rescued|saved] from [dead|old] [drives|phones]",
            "[lessons|help] for [seniors|beginners] in [plain|simple] words",
        ),
        "detail": (
            "[viruses|pop ups|ads] [removed|cleaned], [passwords|backups] [set up|explained]",
            "[no fix, no fee|nothing to pay if it can not be fixed]",
            "[your data|your files] [stays|stay] [yours|untouched]",
            "[new|faster] [drive|memory] [makes|gives] old machines [fly|a second life]",
            "[home visits|pick up] [within|inside] {size} miles",
            "[most|nearly all] [brands|makes], [old|new]",
            "[cables|routers|mice] [in the bag|at cost]",
            "[remote|phone] help for [small|quick] [questions|things]",
            "[shops|offices] with up to {count} [desks|machines] [welcome|too]",
            "[old|unused] [machines|screens] [recycled|wiped and given away]",
        ),
    },
    "sewing": {
        "title": (
            "[sewing|tailor|alterations] [service|in {city}|]",
            "[hems|zippers|curtains] [done|fixed|made]",
            "[dress|suit|coat] alterations",
            "[quilts|costumes|bags] made [to order|by hand]",
            "[mending|repairs] for [clothes|coats|jeans]",
        ),
        "offer": (
            "[hems|zippers|buttons|linings] [fixed|replaced] from {price}",
            "[suits|dresses|uniforms] [taken in|let out|shortened] [fast|neatly]",
            "[curtains|cushions|tablecloths] [sewn|made] to [measure|order], up to {size} ft",
            "<I|we> [mend|patch] [jeans|coats|tents] [and bags|]",
            "[costumes|quilts|aprons] for [schools|plays|gifts]",
        ),
        "detail": (
            "[fabric|thread] [from you|from <my|our> shelf], [as you like|both fine]",
            "[fittings|measuring] at [your home|the shop] [free|by appointment]",
            "[ready|done] in {count} days, [rush|urgent] work [possible|a bit more]",
            "[wool|silk|denim|leather] [handled|sewn] with [care|the right needle]",
            "[old|favorite] [shirts|clothes] [turned|made] into [quilts|pillows]",
            "[name tags|badges|patches] [sewn on|for scouts and teams]",
            "[lessons|sewing class] on [Saturdays|Tuesday nights]",
            "[stitches|seams] that [hold|last] for [years|good]",
            "[school|band] uniforms in [bulk|groups] [cost less|welcome]",
            "[washed|pressed] and [folded|hung] [before pickup|when you get it back]",
        ),
    },
    "painting": {
        "title": (
            "[house|room|interior|fence] [painting|painters]",
            "[fresh|clean] [paint|walls]",
            "[painter|painters|painting crew] [for hire|in {city}|]",
            "[two|three] rooms for {price}",
            "[cabinet|deck|door] [painting|staining]",
        ),
        "offer": (
            "<I|we> paint [walls|ceilings], [trim|doors] and [fences|decks]",
            "[one|any] room [painted|done] in [a day|one day] [for|from] {price}",
            "[kitchen cabinets|stairs|front doors] [sanded|sprayed|refinished]",
            "[inside|outside] [work|painting] by {count} [tidy|careful] painters",
            "[wallpaper|old paint] [removed|stripped] and [walls|holes] [smoothed|filled]",
        ),
        "detail": (
            "[furniture|floors] [covered|moved and covered] [first|with care]",
            "[low odor|washable|good] paint, [color|shade] [of your choice|samples free]",
            "[two|three] coats, [sharp|straight] [lines|edges]",
            "[ladders|rollers|tape|sheets] all [included|brought along]",
            "[ceilings|walls] up to {size} ft [high|]",
            "[cracks|nail holes|stains] [filled|sealed] before [painting|the first coat]",
            "<I|we> [vacuum|sweep|clean] [every evening|when done]",
            "[advice|ideas] on [colors|light] [for free|gladly given]",
            "[rentals|offices|shops] [at night|between tenants] [too|possible]",
            "[leftover|spare] paint [labeled|kept] for [touch ups|later]",
        ),
    },
    "cars": {
        "title": (
            "[car|auto|van] [wash|detailing|cleaning]",
            "[mobile|driveway] [car wash|mechanic]",
            "[oil|brake|battery] [change|service]",
            "[clean|shiny] [cars|trucks]",
            "[driving|parking] lessons",
        ),
        "offer": (
            "[inside|outside|full] [wash|detail] at [your home|work] from {price}",
            "<I|we> [wash|wax|polish] [cars|vans|trucks] by hand",
            "[oil|brakes|batteries|tires] [changed|checked] in your [driveway|parking lot]",
            "[driving|parking|highway] [lessons|practice] for [new|nervous] drivers",
            "[trucks|vans|trailers] up to {size} ft [washed|cleaned] [too|]",
        ),
        "detail": (
            "[seats|carpets|mats] [shampooed|vacuumed], [windows|glass] [clear|streak free]",
            "[pet hair|coffee stains|sand] [removed|gone]",
            "[own|<my|our> own] water and power [in the van|on board]",
            "[wax|polish|sealant] that [lasts|holds] [a season|half a year]",
            "[headlights|wheels|chrome] [polished|like new]",
            "[used|second hand] car [checks|advice] [before you buy|for {price}]",
            "[fleets|families] with {count} cars [pay less|get a deal]",
            "[waste|old] oil [recycled|taken away] [properly|]",
            "[takes|needs] [about |][one|two|three] hours",
            "[dual|second] brake [car|pedal], [calm|patient] teacher",
        ),
    },
}

# Short banks in other languages; the roles are those of COMMON, the service is left general.
FOREIGN = {
    "es": {
        "title": (
            "[limpieza|mudanzas|clases|reparaciones] en {city}",
            "[ayuda|servicio] para [su casa|su familia|su jardín]",
            "[cuarto|habitación] en renta",
            "[clases de|aprenda] [guitarra|inglés|cocina]",
        ),
        "tag": (
            "[buen|mejor] precio",
            "[llame|escriba] [hoy|ahora]",
            "desde {since}",
            "[pregunte por|con] {name}",
            "[solo|desde] {price}",
        ),
        "greeting": (
            "[hola|buenos días|buenas tardes] [a todos|{city}|vecinos]",
            "[hola|bienvenidos], <soy|somos> {name}",
            "gracias por [leer|su visita]",
        ),
        "about": (
            "<trabajo|trabajamos> en {city} desde {since}",
            "[somos|tenemos] un [pequeño|honesto] negocio [familiar|local]",
            "[tenemos|hay] [mucha|buena] experiencia y [referencias|paciencia]",
            "<vivo|vivimos> [cerca|aquí] y [conozco|conocemos] bien el barrio",
        ),
        "offer": (
            "<hago|hacemos> [limpieza de casas|mudanzas pequeñas|jardinería|pintura de interiores]",
            "[clases|lecciones] de [guitarra|inglés|matemáticas] para [niños|adultos|principiantes]",
            "[arreglamos|se arreglan] [puertas|bicicletas|lavadoras|computadoras] [en el día|a domicilio]",
            "se [renta|ofrece] un cuarto [amplio|soleado|tranquilo] con [cocina|internet|baño]",
            "[comida|pasteles] para [fiestas|bodas|oficinas] [por encargo|recién hechos]",
        ),
        "detail": (
            "[puntual|limpio], [amable|serio] y [cuidadoso|responsable]",
            "[traemos|se incluyen] [las herramientas|los materiales|los productos]",
            "[presupuesto|visita] [gratis|sin compromiso]",
            "[trabajamos|abierto] [todos los días|de lunes a sábado|también los domingos]",
            "[no hay|ningún] trabajo [demasiado pequeño|difícil]",
            "[fotos|referencias] [de trabajos anteriores|si las pide]",
            "se habla [español e inglés|español]",
            "[descuento|mejor precio] para [estudiantes|mayores|clientes nuevos]",
            "[cerca|a cinco minutos] del [parque|centro|metro]",
            "somos un equipo de {count} personas",
        ),
        "price": (
            "[desde|solo] {price} [la hora|por visita|el día]",
            "[precios|tarifas] [justos|bajos], [sin sorpresas|sin depósito]",
            "[pague|se paga] al [final|terminar]",
        ),
        "area": (
            "[servimos|cubrimos] {city} y [alrededores|pueblos cercanos]",
            "<voy|vamos> a [su casa|domicilio] en {city}",
        ),
        "times": (
            "[citas|visitas] [por la mañana|por la tarde|el mismo día]",
            "[reserve|llame] con [un día|dos días] de [anticipación|tiempo]",
        ),
        "contact": (
            "[llame|escriba|mande mensaje] al {phone}",
            "[mi|nuestro] [número|teléfono] es {phone}",
            "[pregunte por|hable con] {name} {phone}",
            "[tel|cel|teléfono] {phone}",
        ),
        "closing": (
            "[muchas |]gracias",
            "[saludos|hasta pronto], {name}",
            "[esperamos|espero] su [llamada|mensaje]",
            "[que tenga|le deseo] [buen día|buena semana]",
        ),
        "mail": ("[correo|escriba a] {mail}",),
        "link": ("[más|fotos] en {link}",),
        "things": ("en las fotos: {things}",),
    },
    "fr": {
        "title": (
            "[ménage|déménagement|jardinage|bricolage] à {city}",
            "[cours|leçons] de [guitare|français|piano]",
            "[chambre|studio] à louer",
            "[aide|service] pour [la maison|votre jardin]",
        ),
        "tag": (
            "[petit|bon] prix",
            "[appelez|écrivez] [vite|maintenant]",
            "depuis {since}",
            "[demandez|avec] {name}",
            "[dès|seulement] {price}",
        ),
        "greeting": (
            "[bonjour|bonsoir|salut] [à tous|{city}|chers voisins]",
            "[bonjour|bienvenue], ici {name}",
            "merci de [lire|votre visite]",
        ),
        "about": (
            "<je travaille|nous travaillons> à {city} depuis {since}",
            "une [petite|sérieuse] entreprise [familiale|locale]",
            "[beaucoup|dix ans] [d'expérience|de métier] et de [bonnes références|la patience]",
            "<j'habite|nous habitons> [tout près|ici] et [le quartier|la ville] nous est [connu|familier]",
        ),
        "offer": (
            "<je fais|nous faisons> [le ménage|de petits déménagements|le jardin|la peinture]",
            "[cours|leçons] de [guitare|maths|piano] pour [enfants|adultes|débutants]",
            "[réparation|entretien] de [vélos|portes|ordinateurs] [le jour même|à domicile]",
            "chambre [claire|calme|meublée] avec [cuisine|internet|bureau]",
            "[repas|gâteaux] pour [fêtes|mariages|bureaux] [sur commande|faits maison]",
        ),
        "detail": (
            "[ponctuel|propre], [aimable|sérieux] et [soigneux|discipliné]",
            "[outils|produits|matériel] [compris|fournis]",
            "[devis|visite] [gratuit|sans engagement]",
            "[ouvert|disponible] [tous les jours|du lundi au samedi|le week-end]",
            "aucun travail n'est trop [petit|compliqué]",
            "[photos|références] [sur demande|à voir]",
            "on parle [français et anglais|français]",
            "[remise|prix doux] pour [étudiants|retraités|nouveaux clients]",
            "[près|à cinq minutes] [du parc|de la gare|du centre]",
            "une équipe de {count} personnes",
        ),
        "price": (
            "[à partir de|seulement] {price} [l'heure|la visite]",
            "[prix|tarifs] [justes|clairs], [sans surprise|sans acompte]",
            "[vous payez|paiement] à la fin",
        ),
        "area": (
            "[à|autour de] {city} et [dans les environs|aux alentours]",
            "<je viens|nous venons> chez vous à {city}",
        ),
        "times": (
            "[rendez-vous|visites] [le matin|l'après-midi|le soir]",
            "[réservez|appelez] [un jour|deux jours] avant",
        ),
        "contact": (
            "[appelez le|écrivez au|textez le] {phone}",
            "[mon|notre] numéro est le {phone}",
            "[demandez|parlez à] {name} {phone}",
            "[tél|mobile|téléphone] {phone}",
        ),
        "closing": (
            "merci [beaucoup|bien|]",
            "[à bientôt|cordialement], {name}",
            "[au plaisir|dans l'attente] de [vous lire|votre appel]",
            "bonne [journée|semaine] à tous",
        ),
        "mail": ("[courriel|écrivez à] {mail}",),
        "link": ("[plus|photos] sur {link}",),
        "things": ("sur les photos : {things}",),
    },
    "de": {
        "title": (
            "[Putzhilfe|Umzug|Gartenarbeit|Reparatur] in {city}",
            "[Unterricht|Stunden] in [Gitarre|Deutsch|Klavier]",
            "[Zimmer|Wohnung] zu vermieten",
            "[Hilfe|Service] für [Haus und Garten|Ihr Zuhause]",
        ),
        "tag": (
            "[guter|fairer] Preis",
            "[jetzt|heute] [anrufen|schreiben]",
            "seit {since}",
            "[fragen Sie nach|mit] {name}",
            "[ab|nur] {price}",
        ),
        "greeting": (
            "[hallo|guten Tag|grüß Gott] [zusammen|{city}|liebe Nachbarn]",
            "[hallo|willkommen], hier ist {name}",
            "danke fürs [Lesen|Vorbeischauen]",
        ),
        "about": (
            "<ich arbeite|wir arbeiten> seit {since} in {city}",
            "ein [kleiner|ehrlicher] Betrieb [aus der Nachbarschaft|mit Herz]",
            "[viel|lange] Erfahrung und [gute Referenzen|viel Geduld]",
            "<ich wohne|wir wohnen> [gleich hier|in der Nähe] und [kenne|kennen] die Gegend gut",
        ),
        "offer": (
            "<ich mache|wir machen> [Hausputz|kleine Umzüge|Gartenarbeit|Malerarbeiten]",
            "[Unterricht|Nachhilfe] in [Gitarre|Mathe|Englisch] für [Kinder|Erwachsene|Anfänger]",
            "[Reparatur|Wartung] von [Fahrrädern|Türen|Computern] [am selben Tag|bei Ihnen]",
            "[helles|ruhiges|möbliertes] Zimmer mit [Küche|Internet|Schreibtisch]",
            "[Essen|Kuchen] für [Feste|Hochzeiten|Büros] [auf Bestellung|frisch gemacht]",
        ),
        "detail": (
            "[pünktlich|sauber], [freundlich|ehrlich] und [sorgfältig|ruhig]",
            "[Werkzeug|Material|Putzmittel] [ist dabei|bringe ich mit]",
            "[Angebot|Besuch] [kostenlos|ohne Verpflichtung]",
            "[täglich|von Montag bis Samstag|auch am Wochenende] [offen|erreichbar]",
            "keine Arbeit ist zu [klein|schwer]",
            "[Fotos|Referenzen] [auf Anfrage|vorhanden]",
            "wir sprechen [Deutsch und Englisch|Deutsch]",
            "[Rabatt|günstiger] für [Studenten|Rentner|neue Kunden]",
            "[nahe|fünf Minuten] [am Park|am Bahnhof|zum Zentrum]",
            "wir sind ein Team von {count} Leuten",
        ),
        "price": (
            "[ab|nur] {price} [pro Stunde|pro Besuch]",
            "[faire|klare] Preise, [keine Überraschung|ohne Anzahlung]",
            "[bezahlt wird|Sie zahlen] am Ende",
        ),
        "area": ("in {city} und [Umgebung|den Dörfern ringsum]", "<ich komme|wir kommen> zu Ihnen in {city}"),
        "times": (
            "[Termine|Besuche] [morgens|nachmittags|abends]",
            "bitte [einen Tag|zwei Tage] vorher [anrufen|melden]",
        ),
        "contact": (
            "[Anruf|SMS|Nachricht] an {phone}",
            "[meine|unsere] Nummer ist {phone}",
            "[fragen Sie nach|sprechen Sie mit] {name} {phone}",
            "[Tel|Handy|Telefon] {phone}",
        ),
        "closing": (
            "[vielen Dank|danke schön|danke]",
            "[bis bald|viele Grüße], {name}",
            "<ich freue mich|wir freuen uns> auf [Ihren Anruf|Ihre Nachricht]",
            "[schönen Tag|schöne Woche] noch",
        ),
        "mail": ("[Mail|schreiben Sie] an {mail}",),
        "link": ("[mehr|Fotos] auf {link}",),
        "things": ("auf den Fotos: {things}",),
    },
    "pt": {
        "title": (
            "[limpeza|mudanças|jardinagem|consertos] em {city}",
            "[aulas|lições] de [violão|inglês|piano]",
            "[quarto|casa] para alugar",
            "[ajuda|serviço] para [sua casa|seu jardim]",
        ),
        "tag": (
            "[bom|melhor] preço",
            "[ligue|escreva] [hoje|agora]",
            "desde {since}",
            "[fale com|com] {name}",
            "[só|desde] {price}",
        ),
        "greeting": (
            "[olá|bom dia|boa tarde] [a todos|{city}|vizinhos]",
            "[olá|bem-vindos], aqui é {name}",
            "obrigado por [ler|sua visita]",
        ),
        "about": (
            "<trabalho|trabalhamos> em {city} desde {since}",
            "um [pequeno|honesto] negócio [de família|local]",
            "[muita|boa] experiência e [referências|paciência]",
            "<moro|moramos> [perto|aqui] e [conheço|conhecemos] bem o bairro",
        ),
        "offer": (
            "<faço|fazemos> [limpeza de casas|pequenas mudanças|jardim|pintura]",
            "[aulas|lições] de [violão|matemática|inglês] para [crianças|adultos|iniciantes]",
            "[conserto|revisão] de [bicicletas|portas|computadores] [no mesmo dia|em casa]",
            "quarto [claro|tranquilo|mobiliado] com [cozinha|internet|mesa]",
            "[comida|bolos] para [festas|casamentos|escritórios] [sob encomenda|caseiros]",
        ),
        "detail": (
            "[pontual|limpo], [gentil|sério] e [cuidadoso|responsável]",
            "[ferramentas incluídas|produtos incluídos|materiais por nossa conta]",
            "[orçamento|visita] [grátis|sem compromisso]",
            "[aberto|disponível] [todos os dias|de segunda a sábado|no fim de semana]",
            "nenhum trabalho é [pequeno demais|difícil]",
            "[fotos|referências] [se quiser|à disposição]",
            "falamos [português e inglês|português]",
            "[desconto|melhor preço] para [estudantes|idosos|clientes novos]",
            "[perto|a cinco minutos] [do parque|da estação|do centro]",
            "somos uma equipe de {count} pessoas",
        ),
        "price": (
            "[a partir de|só] {price} [a hora|por visita]",
            "[preços|valores] [justos|claros], [sem surpresas|sem depósito]",
            "[você paga|pagamento] no final",
        ),
        "area": ("[em|por toda] {city} e [região|arredores]", "<vou|vamos> até você em {city}"),
        "times": ("[horários|visitas] [de manhã|à tarde|à noite]", "[marque|ligue] [um dia|dois dias] antes"),
        "contact": (
            "[ligue para|escreva para|mensagem para] {phone}",
            "[meu|nosso] número é {phone}",
            "[pergunte por|fale com] {name} {phone}",
            "[tel|celular|telefone] {phone}",
        ),
        "closing": (
            "[muito |]obrigado",
            "[abraço|até logo], {name}",
            "[esperamos|aguardo] [sua ligação|seu contato]",
            "[bom dia|boa semana] para todos",
        ),
        "mail": ("[email|escreva para] {mail}",),
        "link": ("[mais|fotos] em {link}",),
        "things": ("nas fotos: {things}",),
    },
}

# Slips that a writer makes every time, by the right spelling.
SLIPS = dict(
    pair.split(":")
    for pair in """
        appointment:apointment appointments:appoinments available:availible experience:experiance experienced:experianced
        business:buisness guaranteed:garanteed receive:recieve schedule:shedule their:thier affordable:afordable
        quality:qualty service:servise furniture:furnature references:refrences neighborhood:neighborhod weekends:weekands
        weekend:weekand friendly:freindly until:untill tomorrow:tommorow beginners:begginers careful:carefull clean:cleen
        cleaning:cleening before:befor because:becuase apartment:appartment kitchen:kichen questions:questons honest:onest
        every:evry always:allways with:wiht the:teh your:youre have:hav price:prise prices:prises message:mesage
        kids:kidz garden:gardan bicycle:bycicle guitar:guitare lessons:lesons pictures:picturs photos:fotos photo:foto
        welcome:welcom please:plese today:todey number:numbr people:peple really:realy thank:thanx thanks:thankz
        family:famly families:familys small:smal large:larg house:hous work:wrok working:workin
        reviews:reveiws review:reveiw customers:custumers clients:cliants deposit:deposite included:inculded
        minutes:minuts hour:houre hours:ours early:erly evening:evning evenings:evnings saturdays:saterdays
        little:littel special:speshal discounts:discouts reliable:relieable polite:polight quiet:quite room:rooom
        bathroom:bathrom tools:toolz repair:repare repairs:repares repaired:repared fixed:fixd walls:wals paint:paynt
        painting:painitng movers:moovers moving:moveing truck:truk delivery:delivary delivered:deliverd boxes:boxs
        teacher:techer teach:teech homework:homwork math:maths french:frensh spanish:spannish computer:computor
        laptop:labtop laptops:labtops battery:batery batteries:baterys screen:screan screens:screans sewing:sowing
        curtains:curtans fitting:fiting dresses:dreses scissors:sissors beard:beerd school:shool wedding:weding
        weddings:wedings birthday:brithday birthdays:brithdays cooking:coking vegetables:vegtables delicious:delishus
        dog:dogg dogs:doggs cats:catz walk:wolk walks:wolks brakes:breaks gears:geers wheels:weels tires:tiers
        parking:parkin driving:driveing right:rite night:nite nights:nites through:thru all:al also:aslo where:were
        which:wich know:kno want:wnat need:neeed good:gud great:grate best:bst looking:lookin help:halp
""".split()
)

# Short forms that a writer uses by habit.
SHORT_FORMS = dict(
    pair.split(":")
    for pair in """
        appointment:appt appointments:appts please:pls you:u your:ur are:r and:& with:w/ for:4 to:2 hours:hrs hour:hr
        minutes:mins because:bc people:ppl thanks:thx message:msg text:txt number:# without:w/o week:wk weekends:wknds
        weekend:wknd month:mo about:abt apartment:apt bedroom:br bath:ba approximately:approx information:info
        photos:pics photo:pic pictures:pics available:avail included:incl business:biz at:@ today:2day
        tomorrow:2moro great:gr8 see:c before:b4 especially:esp estimate:est estimates:ests experience:exp years:yrs
        year:yr everyone:every1 someone:some1 good:gd
""".split()
)

# Long form, short form; the third habit drops the apostrophe.
CONTRACTIONS = {
    "I am": "I'm",
    "we are": "we're",
    "you are": "you're",
    "do not": "don't",
    "does not": "doesn't",
    "is not": "isn't",
    "are not": "aren't",
    "can not": "can't",
    "I have been": "I've been",
    "we have been": "we've been",
    "that is": "that's",
    "will not": "won't",
    "you will": "you'll",
    "it is": "it's",
    "let us": "let's",
}

EMOJI = tuple(
    """
✨ ⭐ 🌟 ✅ ☎ 📞 📱 🏠 🏡 🚚 📦 🧹 🧽 🧼 🔧 🔨 🪛 🧰 🌱 🌿 🌳 🌻 🐶 🐱 🐾 💇 🍽 🥗 🎂 🍰 🚲 🔩 📷 📸 🎵 🎶 🎸 🎹 📚 📝 🎓 💻 🖥 🧵 🪡 👕 🎨 🖌 🚗 🚙 ☀ 🌈 👍 👌 🙂 😀 😊 🎉 💯 ➡ 👉 💡 🔔 ⏰ 📅 💵 💲 🔑 🛏 🛋 🪟 🪴 ❄ 🍂
""".split()
)

# A digit as other characters that look alike: capital letters, then Greek and Cyrillic.
LETTER_DIGITS = {"0": "O", "1": "l"}
LOOKALIKE_DIGITS = {
    "0": "ОοQ",
    "1": "Iі!",
    "2": "ZƧ",
    "3": "ЗƐ",
    "4": "ЧA",
    "5": "SЅ",
    "6": "бG",
    "7": "ТT",
    "8": "BВ",
    "9": "gq",
}
NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
