"""Words that mean something to identity resolution, whatever the community."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Mail domains where anybody may have an address.
FREE_MAIL = _words("""
    gmail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com icloud.com me.com
    mac.com aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de posteo.de posteo.net
    mailbox.org protonmail.com proton.me pm.me tutanota.com tuta.io fastmail.com fastmail.fm hey.com mail.com
    email.com zoho.com yandex.ru yandex.com ya.ru mail.ru inbox.ru list.ru bk.ru qq.com 163.com 126.com sina.com
    foxmail.com naver.com daum.net free.fr orange.fr wanadoo.fr laposte.net libero.it virgilio.it wp.pl o2.pl
    onet.pl interia.pl seznam.cz centrum.cz rediffmail.com comcast.net verizon.net att.net cox.net
    btinternet.com yahoo.co.uk yahoo.fr yahoo.de yahoo.co.in yahoo.co.jp hotmail.co.uk hotmail.fr riseup.net
    disroot.org cock.li duck.com
""")

# Local parts and handles that name a function, not a human.
ROLES = _words("""
    abuse accounts admin administrator billing bot bugs build builds bugzilla ci cloud code commit commits
    contact cvs daemon deploy dev devel devnull development developer developers do-not-reply donotreply email
    enquiries feedback git github gitlab hello help helpdesk hi hostmaster hr http info infra it jenkins jobs
    legal list lists mail mailer mailer-daemon mailing maintainer maintainers marketing me moderator news
    newsletter no-reply nobody nomail none noreply not-for-mail notifications notreply nospam null office
    opensource ops oss owner patches post postmaster press privacy public release releases reply robot root
    sales security service spam src staff subscribe subversion support svn sysadmin system team tech test
    testing unknown unsubscribe user username users web webmaster work www your_email you
    linux unix gnu windows mac debian ubuntu python java code open free
""")

# Local parts of addresses that several people of an organization read and write from; `me`, `hello`, `mail` and their
# like stand before the domain of one human as often.
SHARED_LOCALS = _words("""
    abuse accounts billing bugs contact developers enquiries feedback help helpdesk hostmaster hr info jobs legal
    maintainers marketing moderator news newsletter notifications office ops postmaster press privacy sales security
    service staff subscribe support sysadmin team unsubscribe webmaster
""")

# Local parts of addresses at which nobody is reached.
NOBODY_LOCALS = _words("""
    devnull null none nobody nomail unknown root noreply no-reply donotreply do-not-reply notreply user username
    test your_email you email admin administrator not-for-mail invalid anonymous localhost
""")

# Domains that stand for no domain.
NOWHERE_DOMAINS = _words("""
    localhost localhost.localdomain localdomain none null nowhere invalid test example.com example.org
    example.net example domain.com youremail.com noreply noreply.com none.com nowhere.com local host.com
    company.com
""")

# Titles around a name.
HONORIFICS = _words("""
    mr mrs ms miss dr prof professor sir phd md msc bsc jr sr ii iii iv esq emeritus dipl ing mag herr frau
""")

# Names of nobody, squashed.
NOBODY = _words("""
    unknown root none null nobody noname anonymous admin administrator user username me myself ubuntu debian
    test tester default owner guest system localhost dad mom name yourname firstname lastname firstnamelastname
    author committer developer git github vagrant ec2user pi docker jenkins student nan undefined somebody
    someone
""")

# Labels below a country under which owners register: ``ac.uk``.
SECOND_LEVEL = _words("ac co com edu gov net org or ne go gob gouv")


def _groups(text: str) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = {}
    for number, group in enumerate(text.replace("\n", "|").split("|")):
        for word in group.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


# Forms of one given name: each word with the groups that it is in.
NICKNAMES = _groups("""
    alexander alex sasha sascha alexandre alexey alexei aleksander oleksandr | abigail abby | andreas andi
    anthony tony | andrew andy drew | antonio tonio toni | arthur art | barbara barb | benjamin ben benny
    catherine kathryn katherine kathy cathy kate katie | charles charlie chuck chas carlos
    christopher christian christoph christoffer chris | clifford cliff | daniel dan danny | david dave davy
    dimitri dmitry dmitri dima | donald don | dorothy dot | douglas doug | edward eddie ed ted ned
    elizabeth liz beth betty lisa | emanuel manuel manu | eugene gene evgeny evgeni yevgeny zhenya | francis frank
    francisco paco pancho | frederick fred fritz | friedrich fritz | gerald gerry jerry | gregory greg
    harold harry hal | henry hank harry | jacob jake | james jim jimmy jamie | jeffrey jeff | johannes hannes
    john jack johnny jon | jonathan jon johnny | jose pepe | joseph joe joey josef | joshua josh | juergen jurgen
    kenneth ken kenny | lawrence larry | leonard len lenny | margaret maggie meg peggy | maria mary
    matthew matthias matt mat | maximilian max | michael mike mick | mikhail misha | nathaniel nathan nat nate
    nicholas nick nico nikolai | patricia patrick pat trish | peter pete | philip phil | randall randy | raymond ray
    rebecca becky | richard rick dick rich | robert bob rob bobby bert | ronald ron ronnie | russell russ
    samuel sam sammy | sebastian seb basti | sergey serge sergei | stanley stan | stephen steve steven stefan
    susan sue suzanne | theodore ted theo | thomas tom tommy | timothy tim | tobias tobi | ulrich uli | victor vic
    vincent vince vinny | vladimir vova | walter walt | wilhelm willi | william bill will billy liam | wolfgang wolf
    zachary zach zack
""")
