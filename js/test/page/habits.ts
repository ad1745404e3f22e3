/** Answers as models write them in several languages: bold beside punctuation, prices, labels, globs. */

export const HABITS: readonly { readonly name: string; readonly text: string }[] = [
  {
    name: "en-finance",
    text: "### Quarter in brief\n\nRevenue rose to **$4.2B**, up from **$3.9B** a year ago, while operating costs fell to **$2.75B** (a saving of **$150M**). The board raised the dividend to **$0.45** per share, payable in *June*.\n\n| Plan | Price | Note |\n|------|------:|------|\n| Basic | $9/mo | up from $7 |\n| Pro | **$29**/mo | `api` included |\n| Team | $20–$40 | per seat |\n\n- Cash: **$1.1B**, or ~$3.20 a share, [see the filing](https://example.org/10q) for the **full** table.\n- Debt: $600M (+$50M), due in 2031; *interest* is $12M a quarter.\n- Guidance: $16.5B–$17.0B for the year, **above** the $16.2B that analysts had, and `EBITDA` near $5B.\n\nIf you hold 100 shares at $52.10, a +3% move is worth $156.30; **after** fees ($4.95) you keep $151.35. The [calculator](https://example.org/calc) shows more.\n",
  },
  {
    name: "en-loose",
    text: "Here is how to do it:\n\n1. **Open the settings.** Go to the menu in the upper right corner, choose *Settings*, and wait until the page has loaded; on slow machines this may take a few seconds.\n\n2. **Find the key.** It is under *Security*. If there is none, make one with the button below the list and copy it at once, as it is shown only once.\n\n3. **Paste it.** In the terminal run the following:\n\n   ```sh\n   export KEY=abc\n   ```\n\n4. **Check.** Run the command again. You should see your name, and the number of requests that are left for this month.\n",
  },
  {
    name: "zh-labels",
    text: "## 怎样选择数据库\n\n选择数据库时要看三件事：数据的形状、读写的比例、以及团队的经验。下面逐条说明。\n\n1. **关系型数据库：**适合结构固定的数据，事务可靠，查询灵活。常见的有 PostgreSQL 和 MySQL。\n2. **文档数据库：**适合字段经常变化的数据，**“先写后改”**的团队会觉得方便。\n3. **键值存储：**读写很快，**但是查询能力弱（只能按键取值）。**一般用来做缓存。\n\n**注意事项：**不要只看速度。很多团队一开始选了最快的方案，**后来才发现备份、迁移、监控都很麻烦。**所以要先想清楚。\n\n- **成本：**云上的托管服务比自己维护贵，但是省人力。\n- **延迟：**跨区域访问通常在50~200毫秒之间，同区域在1~5毫秒之间。\n- **一致性：**需要强一致时，选**「单主复制」**或者共识协议。\n\n**总结：**先用关系型，等有了瓶颈再换。详细的说明见 https://example.com/docs（中文），或者问管理员。\n",
  },
  {
    name: "ja-labels",
    text: "## 手順\n\n- **準備：**まず必要なものをそろえます。**「必ず」**確認してください。\n- **設定（初回のみ）：**画面の右上にある歯車を押します。*少し待つと画面が変わります。*そのあとで名前を入れます。\n- **注意：**~~古い方法（非推奨）。~~新しい方法を使います。\n\n**まとめ：**急がず、**一つずつ**進めてください。値は5~10の間です。\n",
  },
  {
    name: "ko-labels",
    text: "## 데이터베이스 고르기\n\n1. **관계형(SQL)**은 구조가 정해진 자료에 알맞습니다.\n2. **문서형(NoSQL)**은 필드가 자주 바뀔 때 편합니다. **“먼저 쓰고 나중에 고치는”** 팀에 좋습니다.\n3. **주의:** 속도만 보지 마세요. 값은 3~5개가 알맞습니다.\n\n**정리하면,** 팀이 잘 아는 것을 고르는 편이 낫습니다.\n",
  },
  {
    name: "en-labels",
    text: "**Note:**the file must exist before you start. **Warning:**do not delete it while the program runs, as all that was not saved is lost.\n\n- **Step one:**open the terminal and go to the folder.\n- **Step two:**run the command, then wait until it has ended.\n\nThe price is **$0.45** per share, or $12 with [the discount](https://example.org/a), and **$30** without it.\n",
  },
  {
    name: "en-italics",
    text: "*This is a remark that goes on for quite some time, as remarks of this kind often do, and ends only after some hundred and fifty characters or so.* Then plain text follows.\n\nMultiply 2*3*4 and 5*4*3; match src/**/*.ts and test/**/*.ts; it takes 2**10 steps. Set `$HOME` first, then $HOME/bin is found.\n",
  },
  {
    name: "en-mathematics",
    text: String.raw`## The law

It reads

\[

\frac{pV}{nT} = R

\]

for $n$ moles, so $p$$V$ is what counts. In a bare environment:

\begin{align}
a &= b \\
c &= d
\end{align}

| symbol | meaning |
|---|---|
| $p(y|x)$ | the probability of $y$ given $x$ |
| \(a|b\) | $a$ divides $b$ |
| $5 | a price, and $6 is another |

By $\eqref{eq:one}$, the $n$th term costs $5 and the $k$th costs $7, which is less than $x + y$ of them.

$$
This is a line of words, which is no formula at all.

And what follows it is a paragraph.
`,
  },
  {
    name: "en-readme",
    text: `Here is the README:

\`\`\`markdown
# Tool

Install it:

\`\`\`sh
pip install tool
\`\`\`

Then use it.
\`\`\`

> [!WARNING]
> Do **not** run it as root.

1. Run this:
   \`\`\`sh
   tool --help
\`\`\`
2. Read what it says, [above](#tool).

<div> is a block element, and <b> is bold; a Tree<B> holds a Stack<S>.

| pattern | means |
|---|---|
| \`a|b\` | a or b |
| \`a\` | a |

<!-- This comment has no end, so that what follows is text

**Still** here, and *here*.
`,
  },
];
