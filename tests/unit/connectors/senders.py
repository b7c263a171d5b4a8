"""Heads of mails in which a list, a relay, a code host or a tracker stands in From, and whom the mail is by."""

#: By what sends them: the head, and the sender's address and name; None where a program speaks for itself.
HEADS: dict[str, tuple[str, tuple[str, str] | None]] = {
    "mm2 munge reply-to list": (
        "From: Ada Birk via Dev <dev@lists.example.org>\n"
        "To: dev@lists.example.org\n"
        "Reply-To: Discussion of Dev <dev@lists.example.org>, Ada Birk <ada@birk.example>\n"
        "List-Id: Dev <dev.lists.example.org>\n"
        "List-Post: <mailto:dev@lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "mm2 munge cc": (
        "From: Ada Birk via Dev <dev@lists.example.org>\n"
        "To: dev@lists.example.org\n"
        "Cc: Ada Birk <ada@birk.example>, bo@lund.example\n"
        "Reply-To: dev@lists.example.org\n"
        "List-Id: Dev <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "mm3": (
        "From: Ada Birk via Dev <dev@lists.example.org>\n"
        "To: dev@lists.example.org\n"
        "X-MailFrom: ada@birk.example\n"
        "List-Id: Dev <dev.lists.example.org>\n"
        "X-Mailman-Version: 3.3.8",
        ("ada@birk.example", "Ada Birk"),
    ),
    "gg": (
        "From: 'Ada Birk' via Acorn Dev <acorn-dev@googlegroups.com>\n"
        "To: acorn-dev@googlegroups.com\n"
        "X-Original-Sender: ada@birk.example\n"
        "X-Original-From: Ada Birk <ada@birk.example>\n"
        "Reply-To: Ada Birk <ada@birk.example>\n"
        "List-Post: <https://groups.google.com/group/acorn-dev/post>, <mailto:acorn-dev@googlegroups.com>\n"
        "List-ID: <acorn-dev.googlegroups.com>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "groupsio": (
        'From: "Ada Birk via groups.io" <ada=birk.example@groups.io>\n'
        "To: dev@acorn.groups.io\n"
        "Reply-To: dev@acorn.groups.io,ada@birk.example\n"
        "List-Id: <dev.acorn.groups.io>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "groupsio2": (
        'From: "Ada Birk" <ada@birk.example>\n'
        "Sender: dev@acorn.groups.io\n"
        "To: dev@acorn.groups.io\n"
        "List-Id: <dev.acorn.groups.io>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "sympa dmarc": (
        "From: Ada Birk <dmarc-noreply@listes.example.org>\n"
        "Reply-To: Ada Birk <ada@birk.example>\n"
        "X-Original-From: Ada Birk <ada@birk.example>\n"
        "To: dev@listes.example.org\n"
        "List-Id: <dev.listes.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "sympa (via list)": (
        'From: "Ada Birk" (via dev Mailing List) <dev@listes.example.org>\n'
        "X-Original-From: ada@birk.example\n"
        "To: dev@listes.example.org\n"
        "List-Id: <dev.listes.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "sympa unicode": (
        'From: "ada@birk.example" (via dev Mailing List) <dev@listes.example.org>\n'
        "To: dev@listes.example.org\n"
        "List-Id: <dev.listes.example.org>",
        ("ada@birk.example", ""),
    ),
    "listserv dmarc": (
        'From: "Ada Birk" <000001234abcd-dmarc-request@LISTSERV.EXAMPLE.ORG>\n'
        "Reply-To: Ada Birk <ada@birk.example>\n"
        "Sender: Acorn List <ACORN@LISTSERV.EXAMPLE.ORG>\n"
        "To: ACORN@LISTSERV.EXAMPLE.ORG\n"
        "List-Id: <ACORN.LISTSERV.EXAMPLE.ORG>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "listserv dmarc no replyto": (
        'From: "Ada Birk" <000001234abcd-dmarc-request@LISTSERV.EXAMPLE.ORG>\n'
        "Sender: Acorn List <ACORN@LISTSERV.EXAMPLE.ORG>\n"
        "To: ACORN@LISTSERV.EXAMPLE.ORG\n"
        "List-Id: <ACORN.LISTSERV.EXAMPLE.ORG>",
        ("ada birk via listserv.example.org", "Ada Birk"),
    ),
    "ietf dmarc": (
        "From: Ada Birk <ada=40birk.example@dmarc.ietf.org>\nTo: wg@ietf.org\nList-Id: <wg.ietf.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "ezmlm": (
        "From: Ada Birk <ada@birk.example>\n"
        "Mailing-List: contact dev-help@acorn.example; run by ezmlm\n"
        "Delivered-To: mailing list dev@acorn.example\n"
        "To: dev@acorn.example",
        ("ada@birk.example", "Ada Birk"),
    ),
    "apache invalid": (
        'From: "Ada Birk" <ada@birk.example.INVALID>\nTo: dev@acorn.example\nList-Post: <mailto:dev@acorn.example>',
        ("ada@birk.example", "Ada Birk"),
    ),
    "yahoo noreply": (
        'From: "Ada Birk ada@birk.example [acorn]" <acorn-noreply@yahoogroups.com>\n'
        "Reply-To: Ada Birk <ada@birk.example>\n"
        "To: acorn@yahoogroups.com\n"
        "Mailing-List: list acorn@yahoogroups.com; contact acorn-owner@yahoogroups.com",
        ("ada@birk.example", "Ada Birk"),
    ),
    "phplist/ on behalf": (
        "From: dev-bounces@lists.example.org on behalf of Ada Birk <dev-bounces@lists.example.org>\n"
        "Reply-To: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "discourse ml": (
        "From: Ada Birk via Acorn <forum@discoursemail.com>\n"
        "Reply-To: Acorn <incoming+abc@acorn.discoursemail.com>\n"
        "X-Discourse-Post-Id: 12\n"
        "List-ID: Acorn | dev <dev.forum.acorn.example>",
        ("ada birk via forum@discoursemail.com", "Ada Birk"),
    ),
    "github issue": (
        "From: Ada Birk <notifications@github.com>\n"
        "Reply-To: acorn/io <reply+ABC123@reply.github.com>\n"
        "To: acorn/io <io@noreply.github.com>\n"
        "Cc: Bo <bo@lund.example>, Subscribed <subscribed@noreply.github.com>\n"
        "List-ID: acorn/io <io.acorn.github.com>\n"
        "List-Post: <mailto:reply+ABC123@reply.github.com>\n"
        "X-GitHub-Sender: adab\n"
        "X-GitHub-Reason: subscribed",
        ("ada birk via notifications@github.com", "Ada Birk"),
    ),
    "github handle only": (
        "From: adab <notifications@github.com>\n"
        "To: acorn/io <io@noreply.github.com>\n"
        "List-ID: acorn/io <io.acorn.github.com>\n"
        "X-GitHub-Sender: adab\n"
        "X-GitHub-Reason: subscribed",
        ("adab via notifications@github.com", "adab"),
    ),
    "github @handle": (
        'From: "@adab" <notifications@github.com>\nX-GitHub-Sender: adab\nX-GitHub-Reason: mention',
        ("@adab via notifications@github.com", "@adab"),
    ),
    "github dependabot": (
        'From: "dependabot[bot]" <notifications@github.com>\n'
        "X-GitHub-Sender: dependabot[bot]\n"
        "X-GitHub-Reason: subscribed",
        None,
    ),
    "github codecov": (
        "From: codecov <notifications@github.com>\nX-GitHub-Sender: codecov[bot]\nX-GitHub-Reason: subscribed",
        None,
    ),
    "gitlab": (
        "From: Ada Birk <gitlab@mg.gitlab.com>\n"
        "Reply-To: acorn/io <incoming+abc@incoming.gitlab.com>\n"
        "X-GitLab-Project: io\n"
        "X-GitLab-Project-Id: 12\n"
        "List-Id: acorn/io <12.io.acorn.gitlab.com>",
        ("ada birk via gitlab@mg.gitlab.com", "Ada Birk"),
    ),
    "gitlab @": (
        'From: "Ada Birk (@adab)" <noreply@salsa.debian.org>\n'
        "X-GitLab-Project: io\n"
        "Reply-To: GitLab <noreply@salsa.debian.org>",
        ("ada birk via noreply@salsa.debian.org", "Ada Birk"),
    ),
    "gitlab self": (
        "From: GitLab <gitlab@git.example>\n"
        "X-GitLab-Project: io\n"
        "X-GitLab-Pipeline-Id: 4\n"
        "Subject: io | Pipeline #4 has failed",
        None,
    ),
    "gerrit": (
        'From: "Ada Birk (Gerrit)" <noreply-gerritcodereview@google.com>\n'
        "Reply-To: ada@birk.example\n"
        "X-Gerrit-MessageType: comment\n"
        "X-Gerrit-Change-Id: I12",
        ("ada@birk.example", "Ada Birk"),
    ),
    "gerrit2": (
        'From: "Ada Birk (Code Review)" <gerrit@review.example>\nX-Gerrit-MessageType: newchange',
        ("ada birk via gerrit@review.example", "Ada Birk"),
    ),
    "gerrit zuul": (
        'From: "Zuul (Code Review)" <review@openstack.example>\nX-Gerrit-MessageType: comment',
        None,
    ),
    "bitbucket": (
        "From: Ada Birk <pullrequests-reply@bitbucket.org>\nX-Bitbucket-Reason: x",
        ("ada birk via pullrequests-reply@bitbucket.org", "Ada Birk"),
    ),
    "phab": (
        'From: "ada (Ada Birk)" <noreply@reviews.acorn.example>\n'
        "X-Phabricator-Sent-This-Message: Yes\n"
        "Reply-To: reviews+D1+public+abc@reviews.acorn.example",
        ("ada birk via noreply@reviews.acorn.example", "Ada Birk"),
    ),
    "phab2": (
        'From: "Ada Birk via Phabricator" <reviews@reviews.llvm.example>\nX-Phabricator-Sent-This-Message: Yes',
        ("ada birk via reviews@reviews.llvm.example", "Ada Birk"),
    ),
    "llvm gh": (
        "From: Ada Birk via llvm-commits <llvm-commits@lists.llvm.example>\n"
        "Reply-To: Ada Birk <ada@birk.example>\n"
        "To: llvm-commits@lists.llvm.example\n"
        "List-Id: <llvm-commits.lists.llvm.example>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "launchpad": (
        "From: Ada Birk <1234567@bugs.launchpad.net>\n"
        "Reply-To: Bug 1234567 <1234567@bugs.launchpad.net>\n"
        "X-Launchpad-Bug: x\n"
        "Sender: bounces@canonical.com",
        ("ada birk via bugs.launchpad.net", "Ada Birk"),
    ),
    "launchpad mp": (
        "From: Ada Birk <ada@birk.example>\nReply-To: mp+1234@code.launchpad.net\nX-Launchpad-Message-Rationale: Owner",
        ("ada@birk.example", "Ada Birk"),
    ),
    "bugzilla": (
        "From: bugzilla-daemon@bugzilla.kernel.org\nX-Bugzilla-Who: ada@birk.example\nX-Bugzilla-Type: changed",
        ("ada@birk.example", ""),
    ),
    "bugzilla via list": (
        "From: bugzilla-daemon@mozilla.org\n"
        "To: bugs@lists.example.org\n"
        "X-Bugzilla-Who: ada@birk.example\n"
        "List-Id: <bugs.lists.example.org>",
        ("ada@birk.example", ""),
    ),
    "debbugs": (
        "From: Ada Birk <ada@birk.example>\n"
        "To: 123@bugs.debian.org\n"
        "X-Debian-PR-Message: report 123\n"
        "Resent-From: Ada Birk <ada@birk.example>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "debbugs owner": (
        "From: owner@bugs.debian.org (Debian Bug Tracking System)\nX-Debian-PR-Message: ack 123",
        None,
    ),
    "gnu debbugs": (
        "From: help-debbugs@gnu.org (GNU bug Tracking System)\nX-GNU-PR-Message: ack-info 123",
        None,
    ),
    "jira": (
        'From: "Ada Birk (Jira)" <jira@apache.example>\nX-JIRA-FingerPrint: abc',
        ("ada birk via jira@apache.example", "Ada Birk"),
    ),
    "jira (JIRA) list": (
        'From: "Ada Birk (JIRA)" <jira@apache.example>\n'
        "To: issues@acorn.example\n"
        "Reply-To: dev@acorn.example\n"
        "List-Id: <issues.acorn.example>",
        ("ada birk via jira@apache.example", "Ada Birk"),
    ),
    "trac": (
        'From: "acorn" <noreply@trac.acorn.example>\nX-Trac-Project: acorn',
        None,
    ),
    "redmine": (
        "From: Ada Birk <redmine@acorn.example>\nX-Redmine-Sender: adab\nX-Redmine-Project: io",
        ("ada birk via redmine@acorn.example", "Ada Birk"),
    ),
    "roundup": (
        "From: Ada Birk <report@bugs.python.example>\nX-Roundup-Name: Python tracker",
        ("report@bugs.python.example", "Ada Birk"),
    ),
    "rt": (
        'From: "Ada Birk via RT" <perl5-porters@perl.example>\nRT-Originator: ada@birk.example\nX-RT-Ticket: 1',
        ("ada@birk.example", "Ada Birk"),
    ),
    "reviewboard": (
        "From: Ada Birk <noreply@reviews.apache.example>\n"
        "Reply-To: Ada Birk <ada@birk.example>\n"
        "X-ReviewBoard-URL: http://r\n"
        "X-ReviewRequest-URL: x\n"
        "X-Sender: Ada Birk <noreply@reviews.apache.example>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "sourcehut": (
        "From: ~ada <ada@git.sr.ht>\nReply-To: ~ada <ada@birk.example>",
        ("ada@birk.example", "~ada"),
    ),
    "patchew": (
        "From: no-reply@patchew.org\nReply-To: qemu-devel@nongnu.example\nTo: ada@birk.example",
        None,
    ),
    "b4 web": (
        "From: Ada Birk via B4 Relay <devnull+ada.birk.example@kernel.org>\n"
        "Reply-To: ada@birk.example\n"
        "To: linux-x@vger.kernel.org\n"
        "X-Original-From: Ada Birk <ada@birk.example>\n"
        "X-Endpoint-Received: by B4 Relay",
        ("ada@birk.example", "Ada Birk"),
    ),
    "b4 no rt": (
        "From: Ada Birk via B4 Relay <devnull+ada.birk.example@kernel.org>\n"
        "X-Original-From: Ada Birk <ada@birk.example>\n"
        "To: x@vger.kernel.org\n"
        "List-Id: <x.vger.kernel.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "gitgitgadget": (
        'From: "Ada Birk via GitGitGadget" <gitgitgadget@gmail.com>\n'
        "To: git@vger.kernel.org\n"
        "Cc: Ada Birk <ada@birk.example>\n"
        "List-Id: <git.vger.kernel.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "gitgitgadget nocc": (
        'From: "Ada Birk via GitGitGadget" <gitgitgadget@gmail.com>\n'
        "To: git@vger.kernel.org\n"
        "List-Id: <git.vger.kernel.org>",
        ("ada birk via gitgitgadget@gmail.com", "Ada Birk"),
    ),
    "syzbot": (
        "From: syzbot <syzbot+abc@syzkaller.appspotmail.com>\nTo: l@vger.kernel.org",
        None,
    ),
    "slack": (
        "From: Ada Birk (via Slack) <notification@slack.com>",
        ("ada birk via notification@slack.com", "Ada Birk"),
    ),
    "linkedin": (
        "From: Ada Birk via LinkedIn <messages-noreply@linkedin.com>",
        ("ada birk via messages-noreply@linkedin.com", "Ada Birk"),
    ),
    "gdocs": (
        'From: "Ada Birk (via Google Docs)" <drive-shares-dm-noreply@google.com>\n'
        "Reply-To: Ada Birk <ada@birk.example>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "gdocs2": (
        'From: "Ada Birk (Google Docs)" <comments-noreply@docs.google.com>',
        ("ada birk via comments-noreply@docs.google.com", "Ada Birk"),
    ),
    "gcal": (
        "From: Google Calendar <calendar-notification@google.com>",
        None,
    ),
    "docusign": (
        "From: Ada Birk via DocuSign <dse_na4@docusign.net>",
        ("ada birk via dse_na4@docusign.net", "Ada Birk"),
    ),
    "freelists": (
        "From: Ada Birk <dmarc-noreply@freelists.org>\n"
        "To: dev@freelists.org\n"
        "Reply-To: ada@birk.example\n"
        "List-Id: <dev.freelists.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "freelists2": (
        'From: "Ada Birk" (Redacted sender "ada@birk.example" for DMARC) <dmarc-noreply@freelists.org>\n'
        "To: dev@freelists.org",
        ("ada@birk.example", "Ada Birk"),
    ),
    "mlmmj": (
        "From: Ada Birk via dev <dev@acorn.example>\n"
        "X-Original-From: Ada Birk <ada@birk.example>\n"
        "To: dev@acorn.example\n"
        "X-Mailinglist: dev",
        ("ada@birk.example", "Ada Birk"),
    ),
    "hyperkitty": (
        "From: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>\n"
        "User-Agent: HyperKitty on https://l",
        ("ada@birk.example", ""),
    ),
    "simplelogin": (
        'From: "Ada Birk - ada(a)birk.example" <ada_at_birk_example_abcde@simplelogin.co>\n'
        "X-SimpleLogin-Original-From: Ada Birk <ada@birk.example>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "addy": (
        "From: Ada Birk 'ada at birk.example' <alias+ada=birk.example@anonaddy.com>",
        ("ada@birk.example", "Ada Birk 'ada at birk.example"),
    ),
    "duck": (
        "From: Ada Birk <ada_at_birk.example_xyz123@duck.com>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "firefox relay": (
        'From: "ada@birk.example [via Relay]" <abcd@mozmail.com>\nReply-To: replies@mozmail.com',
        ("ada@birk.example", ""),
    ),
    "de via": (
        'From: "Ada Birk über Dev" <dev@lists.example.org>\n'
        "Reply-To: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "nl via": (
        'From: "Ada Birk via Dev" <dev-bounces@lists.example.org>\n'
        "Reply-To: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "ru": (
        'From: "Ada Birk через Dev" <dev@lists.example.org>\n'
        "Reply-To: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "encoded": (
        "From: =?utf-8?q?Ada_Birk_via_Dev?= <dev@lists.example.org>\n"
        "Reply-To: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
    "encoded2": (
        "From: =?UTF-8?B?QWRhIEJpcms=?= via Dev <dev@lists.example.org>\n"
        "Reply-To: ada@birk.example\n"
        "To: dev@lists.example.org\n"
        "List-Id: <dev.lists.example.org>",
        ("ada@birk.example", "Ada Birk"),
    ),
}
