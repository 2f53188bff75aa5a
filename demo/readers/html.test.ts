import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readHtml } from './html.js';

const named = (reference: string): string =>
  ({ '&amp;': '&', '&lt;': '<', '&eacute;': 'é' })[reference] ?? reference;
const read = (html: string): { title: string; passages: { heading: string; text: string }[] } => {
  const { title, passages } = readHtml(html, named);
  return { title, passages: [...passages] };
};

describe('title', () => {
  test('comes from the title element, else from the first heading, else is empty', () => {
    expect(read('<title> Tea &amp; more </title><h1>Other</h1>').title).toBe('Tea & more');
    expect(read('<body><h2>Only <em>heading</em></h2>').title).toBe('Only heading');
    expect(read('<p>text').title).toBe('');
  });
});

describe('passages', () => {
  test('stand under the headings above them, one line per block', () => {
    expect(
      read('<h1>A</h1><p>one <b>two</b></p><div>three<br>four</div><h2>B</h2><ul><li>x<li>y</ul><h1>C</h1>z')
        .passages,
    ).toEqual([
      { heading: 'A', text: 'one two\nthree\nfour' },
      { heading: 'A › B', text: 'x\ny' },
      { heading: 'C', text: 'z' },
    ]);
  });

  test('hold nothing that is not shown: scripts, styles, comments, hidden parts, navigation', () => {
    const html =
      '<style>p{}</style><script>if (a < b) "</p>";</script><nav><nav>x</nav>menu</nav><!-- <p>no</p> --><p hidden>no</p>' +
      '<div aria-hidden="true">no<div>no</div></div><template><p>no</p></template><p data-x="a > b" onclick=\'no("<p>")\'>yes</p>';
    expect(read(html).passages).toEqual([{ heading: '', text: 'yes' }]);
  });

  test('have their character references decoded, once', () => {
    expect(read('<p>caf&eacute; &#233;&#xE9; &amp;lt; &unknown; &#0; &#x110000; a & b').passages).toEqual([
      { heading: '', text: 'café éé &lt; &unknown; \u{fffd} \u{fffd} a & b' },
    ]);
  });

  test('reach to the end of a text whose tags are never closed', () => {
    expect(read('<p>one <b>two <h2>three').passages).toEqual([{ heading: '', text: 'one two three' }]);
    expect(read('<p hidden>one<p>two</p>').passages).toEqual([{ heading: '', text: 'one\ntwo' }]);
    expect(read('<p>one</p><script>no').passages).toEqual([{ heading: '', text: 'one' }]);
    expect(read('<p>one</p><!-- two').passages).toEqual([{ heading: '', text: 'one' }]);
    expect(read('a < b and <').passages).toEqual([{ heading: '', text: 'a < b and <' }]);
  });

  test('are not cut short by a stray quote in a tag', () => {
    expect(read('<a href="x"">one</a> <p title=\'>\'>two</p><p class=">">"three"</p>').passages).toEqual([
      { heading: '', text: 'one\ntwo\n"three"' },
    ]);
  });

  test('hold every word that was shown, whatever the elements around it', () => {
    const piece = fc.tuple(
      fc.constantFrom('p', 'div', 'em', 'li', 'td', 'section', 'h2'),
      fc.stringMatching(/^[a-z]{1,8}$/),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const html = pieces.map(([tag, word]) => `<${tag} class="x">${word}</${tag}> `).join('');
        const words = read(html).passages.flatMap(({ text }) => text.split(/\s+/));
        expect(words).toEqual(pieces.filter(([tag]) => tag !== 'h2').map(([, word]) => word));
      }),
    );
  });
});
