/** All that the pages of signing in do by themselves. What the server says is shown as text. */
export const pageScript = `
const problem = document.getElementById('problem');
const form = document.querySelector('form');
const out = document.getElementById('sign-out');
const post = async (path, body) => {
  problem.textContent = '';
  const headers = body === undefined ? {} : { 'content-type': 'application/json' };
  try {
    const answer = await fetch(path, { method: 'POST', headers, body });
    if (answer.ok) return true;
    const { error } = await answer.json();
    problem.textContent = error.code === 'UNAUTHENTICATED' ? 'This token is not valid.' : error.message;
  } catch {
    problem.textContent = 'The server does not answer.';
  }
  return false;
};
form?.addEventListener('submit', async (event) => {
  event.preventDefault();
  const token = form.elements.token;
  if (await post('/sign-in', JSON.stringify({ token: token.value.trim() }))) location.replace(form.dataset.return);
  else token.select();
});
out?.addEventListener('click', async () => {
  if (await post('/sign-out')) location.replace('/sign-in');
});
`;
