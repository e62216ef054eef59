// Lets the buttons beside commands copy them; where the browser does not allow it, selects them.
for (const button of document.querySelectorAll(".cp-command button")) {
  const label = button.textContent;
  const words = JSON.parse(button.dataset.words);
  button.onclick = async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = words.copied;
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = words.selected;
    }
    clearTimeout(button.timer);
    button.timer = setTimeout(() => (button.textContent = label), 2500);
  };
}
