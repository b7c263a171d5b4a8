"""Words by which robots and lists are told from humans. Each counts as a whole word; change VERSION with them."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Mail domains where anybody may have an address.
FREE_MAIL = words("""
    gmail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com rocketmail.com icloud.com me.com mac.com
    aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de posteo.de posteo.net mailbox.org
    protonmail.com proton.me pm.me tutanota.com tuta.io fastmail.com fastmail.fm hey.com mail.com email.com zoho.com
    yandex.ru yandex.com ya.ru mail.ru inbox.ru list.ru bk.ru qq.com 163.com 126.com sina.com foxmail.com naver.com
    daum.net free.fr orange.fr wanadoo.fr laposte.net libero.it virgilio.it wp.pl o2.pl onet.pl interia.pl seznam.cz
    centrum.cz rediffmail.com comcast.net verizon.net att.net cox.net btinternet.com yahoo.co.uk yahoo.fr yahoo.de
    yahoo.co.in yahoo.co.jp hotmail.co.uk hotmail.fr riseup.net disroot.org cock.li duck.com
""")

# They stand for a robot wherever a name begins or ends with one.
ROBOT = words("""
    bot bots robot robots autobot buildbot autobuild autobuilder autoroll autoroller cronjob daemon automation
""")

# Only at its end: ``Acorn Build System``.
ROBOT_ENDINGS = ROBOT | words("""
    actions autofix autosync autoupdate builds bumper conversion exporter fuzzer importer linter migrator notification
    notifications notifier pipeline pipelines queue roller scanner script server service services subsystem sync syncer
    system testing treescript updater upgrader
""")

# Programs and services that write under their own names.
SERVICES = words("""
    allcontributors appveyor autofix bors buildkite buildroot bugzilla circleci codacy codeclimate codecov coderabbit
    codesandbox coverity coveralls crowdin deepsource dependabot fossabot gerritbot gitbook gitguardian gitlocalize
    gitter greenkeeper highfive homu imgbot lgtm lokalise meeseeks mergify netlify openqa patchwork pipelines pontoon
    pullapprove pyup readthedocs renovate renovatebot restyled scrutinizer semgrep snyk sonarcloud styleci syzbot
    syzkaller teamcity transifex vercel weblate whitesource zuul gitgitgadget dco lkft openhands please rustbot
    asfbot mergebot snykbot stalebot clusterfuzz codegen coderabbitai codium copybara cppcheck cssjanus cursoragent
    debbugs depfu ffxbld gitpod greptile greptileai imgbotapp jazzer korbit libraryupgrader
    probot qodo roomote ryantm reposurgeon subgit terragon translatewiki trunkio anitya rultor
    tidelift updatecli
""")

# Of these, what makes any handle a program's that begins or ends with it; firms' names make their people's too.
PROGRAMS = words("""
    bors bugzilla clusterfuzz copybara dependabot greenkeeper homu imgbot mergify patchwork renovate renovatebot
    syzbot zuul
""")

# Models and tools that write text and code.
MODELS = words("""
    antigravity anthropic chatgpt codegpt codellama codewhisperer codex copilot cursor deepseek gemma glm gpt grok
    kimi llama lovable mistral mixtral ollama openai opencode qwen replit starcoder tabnine windsurf codeium codestral
    devstral minimax perplexity wizardcoder
""")
# Sizes and editions of models; humans bear them as names.
EDITIONS = words("""
    chat coder fast flash instruct large lite max medium mini nano plus preview pro reasoner small thinking turbo ultra
""")
# Programs and models whose name, alone, is a human's name or handle as often.
NAMESAKES = words("""
    aider amp auggie augment bard bolt chromatic cirrus claude cline cody crush devin droid drone ellipsis gemini gerrit
    goose graphite haiku hudson jenkins jira jules junie kilo kiro kodiak manus mentat opus packit phi roo semaphore
    sentry sonnet sourcery steward stickler sweep tembo trae travis warp zed
""")
# Of these, what no human signs with alone: family names and things.
FAMILY_NAMESAKES = words("cline goose jenkins jira hudson sweep")
# Robots known by their whole name, whose words are everybody's; each with its words apart.
WHOLE = frozenset(
    (
        "a unique tensorflower", "all contributors", "android build coastguard worker",
        "asf subversion and git services", "auto update", "automerge worker", "azure sdk", "block goose", "bolt new",
        "bug importer", "conda forge admin", "debian bts", "debian ftp masters", "debian janitor",
        "dependabot preview", "git svn", "github action", "gitlab ci token", "hg git", "l 10 n daemon script",
        "launchpad janitor", "llm", "lock file maintenance", "luci cq", "miss islington", "nightly build",
        "nixpkgs update", "oss fuzz", "pr agent", "pre commit", "requires io", "rust log analyzer", "rust timer",
        "script kiddy", "svn migrate", "swe agent", "tensorflower gardener", "the knights who say ni", "v 0",
    )
)  # fmt: skip
# The firms at whose domains a program has its own mailbox, by its name.
FIRMS = {
    "claude": words("anthropic"), "opus": words("anthropic"), "sonnet": words("anthropic"), "haiku": words("anthropic"),
    "gemini": words("google"), "jules": words("google"), "bard": words("google"), "phi": words("microsoft"),
    "kiro": words("amazon aws kiro"), "junie": words("jetbrains"), "trae": words("bytedance trae"),
    "cody": words("sourcegraph"), "bolt": words("stackblitz bolt"), "manus": words("manus"), "zed": words("zed"),
}  # fmt: skip
# What has a number behind it is a model.
NUMBERED = words("claude codex deepseek gemini gemma glm gpt grok haiku kimi llama mistral opus phi qwen sonnet")

# Words that say what a program does; with a name of the above, or one of `RUNNING`, they make no human's name.
FUNCTIONS = words("""
    account action actions admin agent ai amazon and app apps assist assistant assisted auto autofix automated
    automatic badger build builder builds bump by cd ci cli client cloud code coding commit commits connector
    continuous delivery dependencies dependency deploy deployment deployments dev engineer factory fixer flow for
    generated git gitea github gitlab google hosted import importer infra infrastructure integration io it
    jetbrains lint linter llm mail mailer memory mend merge merger microsoft model net notification notifications
    notifier of on pipeline pipelines powered pre proposal proposals pull push queue ref release releaser releases
    request requests review reviewer reviews runner scala scan script server service services sourcegraph subsystem
    support swe sync system test tester testing tests the tool translation translations trigger update updater
    updates user users version via web webhook with worker workflow x xai
""")
RUNNING = words("""
    actions automated automatic autofix builder builds ci cd daemon flow mailer notifications notifier pipeline
    pipelines runner subsystem updater workflow webhook
""")

# Labels of domains at which programs write.
RUNNING_DOMAINS = words("""
    bot bots bugs bugzilla build builder builds buildbot ci gerrit github jenkins jira noreply review reviews robot
    robots travis zuul
""")

# Those of the firms whose agents write code.
AGENT_DOMAINS = words("""
    aider ampcode anthropic augmentcode block charm cline codeium coderabbit cognition cursor devin factory greptile
    kilocode kodiakhq lovable openai opencode packit qodo replit roocode sourcegraph stackblitz tembo warp windsurf
""")

# Local parts, written together, from which nobody writes.
NO_REPLY = words("""
    noreply donotreply dontreply notreply noanswer nepasrepondre nichtantworten nomail notification notifications
    bounce bounces autoreply automailer yesreply
""")
AGENTS = words("agent assistant copilot")
# With one of these beside them, the words of ``LEARNED`` name a program.
LEARNED = words("ai llm")
LEARNING = words("agent assist assistant assisted code generated model proposal review reviewer tool")
AUTO = words("auto automated automatic")
ROLLERS = ROBOT - {"bot", "bots", "robot", "robots", "daemon"}
# What a program's name puts before ``bot`` in one word.
BOT_TASKS = words("""
    autoroll backport bug build bump chat ci code commit data deploy dev doc docs format git image info irc issue
    jenkins job label lint log mail merge news notify ops patch pull release review roll slack stale status sync
    task test translate triage update upgrade web wiki
""")
ROBOT_LOCALS = words("""
    agent bot robot buildbot autobuild automation ci cron daemon jenkins travis zuul gerrit bugzilla patchwork weblate
""")

# The same as the whole local part; humans have these words before a dot or a dash.
ROBOT_MAILBOXES = words("""
    apache archive archiver automated commits confluence control crowdin cvs digest discourse error errors fax git
    hg icinga installer logcheck monit munin notifier obs pontoon prow request review reviewboard scanner
    sharepoint submit svn syslog system vacation voicemail www-data
""")

# Local parts of addresses that several people of an organization read and write from; `me`, `hello`, `mail` and their
# like stand before the domain of one human as often.
SHARED = words("""
    abuse accounting accounts admin administrator all alle announce announcements billing board buero bugs chairs
    chapters committee contact core council dev devel developers development devs discuss discussion editors
    enquiries everybody everyone faculty feedback forum ftpmaster help helpdesk hostmaster hr info invoice
    invoices jobs kontakt legal list lista liste listes listmaster lists mailing-list mailinglist mailinglists
    maintainers marketing members moderator moderators news newsletter notifications office ops orders organizers
    patches postmaster press privacy rechnung registration releng reviewers sales secretariat security service
    servicedesk shop stable staff students subscribe support sysadmin sysadmins team teams todos tous unsubscribe
    users verteiler volunteers vorstand webmaster webteam
""")
# Behind a dash or dot they make the local part that of a list, or of the program that runs it.
LIST_ENDINGS = words("""
    announce announcements bounce bounces commits confirm dev devel developers devs discuss discussion join leave list
    lists maintainers owner patches request reviewers subscribe team unsubscribe users
""")
# The same behind a dash alone: humans put such words behind a dot.
DASHED_ENDINGS = LIST_ENDINGS | words("""
    all arch bugs chat contrib contributors cvs digest forum general hackers help liste members ml news notices private
    public questions security stable svn talk tech
""")
# Before a dash, as GNU calls its lists.
DASHED_BEGINNINGS = words("bug help info")
# With one of these ends the name of a list or a group.
GROUPS = words("""
    committee contributors council developers discussion engineering group hackers list lists maintainers members
    reviewers team users volunteers
""")

# Local parts and handles that name a function, not a human; so they tell nobody apart.
ROLES = SHARED | words("""
    bot build builds bugzilla ci cloud code commit commits cvs daemon deploy developer devnull
    do-not-reply donotreply email git github gitlab hello hi http infra it jenkins mail mailer mailer-daemon mailing
    maintainer me nobody nomail none noreply no-reply not-for-mail notreply nospam null opensource oss owner post
    public release releases reply robot root spam src subversion svn system tech test testing unknown user username
    web work www your_email you linux unix gnu windows mac debian ubuntu python java open free
""")

# Local parts of addresses at which nobody is reached.
NOBODY_LOCALS = words("""
    devnull null none nobody nomail unknown root noreply no-reply donotreply do-not-reply notreply user username test
    your_email you email admin administrator not-for-mail invalid anonymous localhost
""")

# Names that programs set where nobody said who they are; and what shows in place of who left. Squashed, as ASCII.
PLACEHOLDERS = words("""
    anonymous anonymouscoward anonymoususer author committer ec2defaultuser firstlast firstname firstnamelastname
    fullname lastname me myname noauthor nobody noname none noone notset null redacted root somebody someone
    superuser systemadministrator undefined unknown unknownauthor unknownuser unnamed user username you yourfullname
    yourgithubname yourname yournamehere yourusername
""")
GONE = words("""
    deactivateduser deletedaccount deleteduser formeruser deactivatedaccount suspendeduser removeduser erasedaccount
    usergeloscht geloschteruser
""")
# Accounts that machines come with.
MACHINE_ACCOUNTS = words("""
    admin administrator build builder centos debian default docker ec2user fedora git guest jenkins localadmin
    localuser nixbld opc oracle owner pi postgres root runner student svn system test tester ubuntu vagrant
    vscode wwwdata
""")
# Local parts, squashed, beside which no name, or one of the above, says that nobody is meant; those of real domains.
PLACEHOLDER_LOCALS = words("""
    anonymous devnull invalid localhost noauthor nobody nomail noone noname none notset null root someone somebody
    superuser undefined unknown unset unspecified user username yourname yourusername yourmail youremail
    youremailaddress
""")

# The same where a domain too is a form's.
FORM_LOCALS = PLACEHOLDER_LOCALS | words("email exampleuser firstlast firstnamelastname me myemail name you")

# Given names: where one stands first, a family name that looks like a robot or a list is one.
GIVEN = words("""
    aaron abdul abdullah ada bea bo cai ida mia olaf eve abel adam adrian adriana agnes ahmad ahmed aisha akira alan
    albert alberto alejandro aleksandr alessandro alex alexander alexandra alexandre alexei alexey alfred ali alice
    alicia aline alistair amanda amir amit amy ana anders andre andrea andreas andrei andrew andrey andy angela anita
    anja anna anne annette annika anthony antoine anton antonio anya ari arjun arne arnold arthur artur asha astrid
    axel barbara bart bas beatrice ben benjamin benoit bernard bernd bert bianca bill birgit bjorn bob boris brad
    brenda brian bruce bruno bryan carl carla carlos carmen carol caroline cas cecile charles charlotte chen chloe
    chris christian christina christine christoph christophe christopher claire clara claude claudia colin cor corinne
    cornelia craig cristina daan dan daniel daniela danielle dave david dean deborah denis dennis derek dev devin
    diana diego dieter dimitri dirk dmitri dmitry dominik don donald donna doug edgar edith eduardo edward edwin
    eileen elena eli elias elisa elisabeth elizabeth ella ellen els emil emily emma eric erica erik erika ernst esther
    eugene eva evelyn fabian fabio fatima felix ferdinand fernando filip florence florian frances francesco francis
    francisco franck francois frank frans franz fred frederic gabriel gary georg george gerald gerard gerhard gerrit
    gert giovanni giulia gordon grace graham greg gregory guido guillaume gunter gustav guy hal hana hannah hans
    harald harry hassan heather heidi heike heinrich heinz helen helena helga helmut hendrik henk henri henry herbert
    hiroshi holger hugo ian ibrahim igor ilse ines inga ingrid irene iris isaac isabel ivan jack jacob jacques jaime
    jakob james jan jana jane janet jasmine jason javier jean jeff jen jennifer jens jeremy jerome jerry jessica jill
    jim joan joanna joao jochen joe joel joerg johan johann johannes john jon jonas jonathan joost jordan jorg jorge
    jose josef joseph joshua joyce juan judith juha jules julia julian julie jun jurgen justin kai karel karen karin
    karl kate katherine kathrin kees keith keiko ken kenji kenneth kevin kim klaas klaus kristina kumar kurt kyle lars
    laura lauren laurent lea leo leon leonardo li lieke lilian lin linda lisa lois lorenzo louis louise luca lucas
    lucia lucy luigi luis lukas lynn maarten magnus manfred manuel marc marcel marco marcus margaret maria marie
    marina mario marion mark markus marta martha martin martina mary mathias matt matthew matthias maurice max
    maximilian mei melanie mehmet michael michel michelle miguel mikael mike mikhail miriam mohamed mohammad mohammed
    monica monika muhammad nadia nancy naomi natalia natalie nathan neil nicholas nicolas nicole niels nigel nikita
    nikolai nils nina noah nora norbert norman olaf ole oleg olga oliver olivia olivier omar oscar oskar otto pablo
    pamela paolo pascal patricia patrick paul paula pavel pedro per peter petra philip philipp philippe pierre piet
    pieter piotr priya rachel rafael rainer raj rajesh ralf ralph ramon raphael ravi ray rebecca remi rene renate
    ricardo richard rita rob robert roberto robin roger roland rolf roman ron ronald rosa ruben rudolf russell ruth
    ryan sabine sally sam samuel sandra sanjay sara sarah scott sean sebastian sergei sergey sergio sharon shinji
    simon simone sofia sonia sophie stefan stefanie stephan stephane stephanie stephen steve steven sue susan susanne
    sven svetlana sylvia takashi tamara tanja tara ted teresa thea theo theodore thomas thorsten tim timothy tina
    tobias todd tom tomas tony travis ulrich ulrike ursula uwe valentin valerie vera veronica victor victoria viktor
    vincent vladimir walter wei werner wilhelm will willem william wim wolfgang xavier yan yann yasmin yuki yuri yves
    zed zhang zoe
""")
# Those that are rarer among those who write code; they tell humans, but not how common a name is.
RARER_GIVEN = words("""
    abigail adele adem adolf agata agnieszka ahmet aidan aidas aino aitor ajay akshay alain alana albin alec
    aleksander aleksandra aleksei alena alessandra alessia alexandros alexis alfonso alina alisa alison alma aloys
    alvaro alvin amelie amina anais anand anastasia andrej andreja andres andrzej angelo angus anish anke ankit ann
    anneke annelies anouk anselm ante anthea antje antoni antonia anuj aram arash ariel armando armin arnaud arno
    arsen artem arun arvid asger ashley ashok ashwin atle aurelien ava aya ayse babak balazs balint baptiste barry
    bartosz basil bastian benedikt bengt berit bertrand bettina bhavesh birgitte bjarne bjoern blake bogdan bojan
    bram branko brendan brent brett brigitte britta bronwyn bryce caleb calvin cameron camille candice carina carlo
    carole carsten casey catalin catherine cathy cedric celine cesar chad chandra charlie chester chiara christa
    christel christiane christof clemens clement clive colette conor constantin corey cory courtney cynthia cyril
    dale damian damien dana daniele danny dario darren dawid deepak delphine denise derrick desmond detlef dewi
    didier dietmar dimitris dmytro dominic dominique dora dorothea dragan duncan dustin dylan eckhard edmund edwina
    efrain egon einar elaine eleanor eliot elise elke elliot elliott eloise elsa elvis emanuel emanuele emilia
    emilie emilio emmanuel emre enno enrico enrique erhard erich erin ernesto erwin esteban etienne eugenia evan
    evgeny ewa ewan fabien fabrice faisal farid fatih federico felicia felipe finn fiona florent floris francine
    frederik friedrich fritz gabriela gabriele galina gareth garrett gavin geert gemma geoff geoffrey gerardo gero
    gilles gina giorgio giuseppe gloria goran gottfried greta gretchen grigory grzegorz guillermo gunnar gustavo
    gwen haakon hamid hanne hanno haruka hector hedwig heiko heiner helge helmer henning henrike herman hermann
    hideo hilary hilde hilmar hitoshi holly horst hubert hugh hussein ignacio ilya imran inge ingmar ingo irina
    isabelle isaiah ismael ivana ivo iwona jacek jackie jacqueline janez janine janne jannik janos jared jarkko
    jaroslav jarrod jasper jayden jeanne jeffrey jelena jelle jelmer jenna jeroen jesper jesse jesus jitka joachim
    joakim jocelyn jodie johnny jolanda jonathon joris josephine josh juho jukka juliane julien juliet juliette
    juraj jussi jutta kaleb kamil kari karim karol karolina kasper katarina katharina kathleen kathryn katja katrin
    katya kay kayla kazuki keiichi kelly kelvin kendra kerstin kiran kirill kirk kirsten kjell klara koen konrad
    konstantin kristian kristin kristof krzysztof kyoko lachlan larissa larry laszlo lauri lavinia lawrence leif
    leila lena lennart leonard leonid leslie levi liam lieselotte liliana lionel livia lorena lorenz lorraine lothar
    lubos luciano ludovic ludwig luisa lutz lydia maciej maja malcolm malte mandy manoj manu marcelle marcelo marcin
    marek margaux margit marianne marietta marijke marilyn marissa marita marius mariusz marjan marko marlene
    martijn marty marvin masaki masashi matej mateo mateusz mats matteo mattias maud maureen mauro maxim maxime maya
    megan mehdi melissa mercedes merle michaela michal michele mick mihai mika mikko milan milena milos minh mira
    mirjam mirko miroslav misha mitch mitchell mohan moritz morten moses mustafa nadine nadja nanda naoki natasha
    nathalie nathaniel ned nelson nena nestor nia nick nicola nicolai nicolaus nikhil niklas niko nikola nikolas
    nikolaus nikos nino nisha noel noemi noriko octavia odile oksana olav oleksandr olena orhan orlando oswald otmar
    owen paige palle pam panos pasi patrik pauline paulo pavol peer pekka penelope pernille petr petrus phil phillip
    phoebe pia piero pilar pim pinar pooja pradeep pranav prasad prashant preston priscilla przemyslaw quentin quinn
    rachid radek radoslav rahul raimund rajiv ramesh ramona randall randy raoul rasmus raul raymond reiner reinhard
    reinhold reto rhea rhys riccardo rick rik rina robbert robbie roberta robyn rodney rodolfo rodrigo rohan rohit
    ronja ronny rosalind rosemarie rosemary ross roy rudi rudiger rupert ruslan rutger sabina sabrina sacha sachin
    sakari salvatore samantha sami samira sandeep sander sandrine sandy sanna santiago santosh sascha satoshi saul
    saurabh savannah sebastiaan selma serena serge sergej seth severin shane shannon shaun shawn sheila shelby
    shinichi shirley shreya siddharth sigrid silke silvia silvio simeon sinead siobhan slawomir sofie solveig sonja
    soren srinivas stacy stan stanislav stefania stefano stella stine stuart suresh susana susann suzanne svein
    svenja sybille sylvain sylvie szymon tadeusz takeshi tamas tammy tania tanya tariq tatiana tessa thierry thilo
    thorben tiago tibor tiffany tilman timo timur tino tomasz tomislav tomoko tonya torben tore torsten tracy trevor
    tristan troy tuomas tyler udo ugo ulf uli umberto urs uta vaclav valentina valeria vanessa vasilis vasily veerle
    vicky vijay vikas vikram viktoria vinay vince virginia vishal vitaly vittorio vivek vivian vlad vojtech volker
    wade wanda wayne wendy wesley wiebke wietse wilfried willi winfried wojciech wolfram wouter yannick yash yasuo
    yevgeny yoann yoshi yuko yuliya yuriy yusuf yvette yvonne zachary zdenek zeynep zoltan zsolt zuzana
""")
