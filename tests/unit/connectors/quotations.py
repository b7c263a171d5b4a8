"""How mail programs of many languages set an old mail off, as they write it themselves."""

ATTRIBUTIONS = {
    "en": "On Fri, Mar 1, 2024 at 8:00 AM Bea Lund <bea@lund.example> wrote:",
    "en, Apple": "On 1 Mar 2024, at 08:00, Bea Lund <bea@lund.example> wrote:",
    "en, Mutt": "On Fri, Mar 01, 2024 at 08:00:00AM +0000, Bea Lund wrote:",
    "en, Gnus": "Bea Lund <bea@lund.example> writes:",
    "en, Horde": "Quoting Bea Lund <bea@lund.example>:",
    "de": "Am Fr., 1. März 2024 um 08:00 Uhr schrieb Bea Lund <bea@lund.example>:",
    "de, Thunderbird": "Am 01.03.24 um 08:00 schrieb Bea Lund:",
    "de, Horde": "Zitat von Bea Lund <bea@lund.example>:",
    "fr": "Le ven. 1 mars 2024 à 08:00, Bea Lund <bea@lund.example> a écrit :",
    "es": "El vie, 1 mar 2024 a las 8:00, Bea Lund (<bea@lund.example>) escribió:",
    "pt": "Em sex., 1 de mar. de 2024 às 08:00, Bea Lund <bea@lund.example> escreveu:",
    "it": "Il giorno ven 1 mar 2024 alle ore 08:00 Bea Lund <bea@lund.example> ha scritto:",
    "nl": "Op vr 1 mrt 2024 om 08:00 schreef Bea Lund <bea@lund.example>:",
    "sv": "Den fre 1 mars 2024 kl 08:00 skrev Bea Lund <bea@lund.example>:",
    "da": "Den fre. 1. mar. 2024 kl. 08.00 skrev Bea Lund <bea@lund.example>:",
    "no": "fre. 1. mars 2024 kl. 08:00 skrev Bea Lund <bea@lund.example>:",
    "fi": "pe 1. maalisk. 2024 klo 8.00 Bea Lund (bea@lund.example) kirjoitti:",
    "pl": "pt., 1 mar 2024 o 08:00 Bea Lund <bea@lund.example> napisał(a):",
    "cs": "pá 1. 3. 2024 v 8:00 odesílatel Bea Lund <bea@lund.example> napsal:",
    "sk": "pi 1. 3. 2024 o 8:00 Bea Lund <bea@lund.example> napísal(a):",
    "hu": "Bea Lund <bea@lund.example> ezt írta (időpont: 2024. márc. 1., P, 8:00):",
    "tr": "Bea Lund <bea@lund.example>, 1 Mar 2024 Cum, 08:00 tarihinde şunu yazdı:",
    "ro": "În vin., 1 mar. 2024 la 08:00, Bea Lund <bea@lund.example> a scris:",
    "el": "Στις Παρ 1 Μαρ 2024 στις 8:00 π.μ., ο/η Bea Lund <bea@lund.example> έγραψε:",
    "ru": "пт, 1 мар. 2024 г. в 08:00, Bea Lund <bea@lund.example>:",
    "ru, Thunderbird": "01.03.2024 08:00, Bea Lund пишет:",
    "uk": "пт, 1 бер. 2024 р. о 08:00 Bea Lund <bea@lund.example> пише:",
    "bg": "На пт, 1.03.2024 г. в 8:00 Bea Lund <bea@lund.example> написа:",
    "ja": "2024年3月1日(金) 8:00 Bea Lund <bea@lund.example>:",
    "ko": "2024년 3월 1일 (금) 오전 8:00, Bea Lund <bea@lund.example>님이 작성:",
    "zh": "Bea Lund <bea@lund.example> 于2024年3月1日周五 08:00写道：",
    "zh, Taiwan": "Bea Lund <bea@lund.example> 於 2024年3月1日 週五 上午8:00寫道：",
    "vi": "Vào Th 6, 1 thg 3, 2024 vào lúc 08:00 Bea Lund <bea@lund.example> đã viết:",
    "ca": "Missatge de Bea Lund <bea@lund.example> del dia dv., 1 de març 2024 a les 8:00 va escriure:",
}

#: Outlook's head of an old mail: sender, date, recipient, subject.
HEADS = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado", "Para", "Asunto"),
    "pt": ("De", "Enviado", "Para", "Assunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "no": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "tr": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
}

SEPARATORS = (
    "-----Original Message-----",
    "----- Original Message -----",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Mensagem original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "-----Ursprungligt meddelande-----",
    "-----Oprindelig meddelelse-----",
    "-----Opprinnelig melding-----",
    "-----Alkuperäinen viesti-----",
    "-----Oryginalna wiadomość-----",
    "-----Původní zpráva-----",
    "-----Eredeti üzenet-----",
    "-----Исходное сообщение-----",
    "-----原始邮件-----",
    "---------- Forwarded message ---------",
    "-------- Weitergeleitete Nachricht --------",
    "-------- Message transféré --------",
    "Begin forwarded message:",
)

MARKS = ("> ", ">", " > ", "| ", "BL> ", ">> ")
#: Lines with which an author's own words may go on, and nothing is to be cut.
OWN = (
    "--",
    "____________________________",
    "----------------------------",
    "From: Birk station",
    "Subject: maths",
    "Date: some day",
    "To: whom it may concern",
    "She wrote: it will rain.",
    "On Monday we wrote the plan:",
    "a | b | c |",
    "x > y",
    "Original message formats are kept.",
)


def head(language: str, dress: str = "{}: {}") -> str:
    values = ("Bea Lund <bea@lund.example>", "2024-03-01 08:00", "Ada Birk", "Plan")
    return "\n".join(dress.format(key, value) for key, value in zip(HEADS[language], values, strict=True))
