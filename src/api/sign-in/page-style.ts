/** How the pages of signing in look: in light and dark, narrow and wide, with what the system has. */
export const pageStyle = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: light-dark(#c9ced6, #3c434e); --accent: light-dark(#1f5fbf, #7db0ff); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: light-dark(#f3f5f8, #14171c); color: light-dark(#1a1f27, #e6e9ee); }
main { width: 100%; max-width: 24rem; padding: 2rem; border: 1px solid var(--line); border-radius: 12px; background: light-dark(#fff, #1c2027); overflow-wrap: anywhere; }
h1 { margin: 0 0 1.5rem; font-size: 1.5rem; line-height: 1.2; }
.product { margin: 0; font-weight: 600; color: var(--accent); }
label, dt { display: block; font-weight: 600; }
dl, dd { margin: 0 0 1rem; }
input { width: 100%; margin-top: .25rem; padding: .6rem .75rem; border: 1px solid var(--line); border-radius: 8px; font: inherit; color: inherit; background: transparent; }
.hint { margin: .5rem 0 1rem; font-size: .875rem; opacity: .8; }
.problem { margin: 0 0 1rem; color: light-dark(#b3261e, #ff9d94); }
.problem:empty { display: none; }
.or { margin: 1rem 0; text-align: center; opacity: .8; }
button, .button { display: block; width: 100%; padding: .6rem .75rem; border: 1px solid transparent; border-radius: 8px; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; color: light-dark(#fff, #0d1016); background: var(--accent); }
.second { margin-top: .75rem; color: inherit; background: transparent; border-color: var(--line); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;
