// Words that Streamlit writes by itself, and always in English, in the language of the page:
// $words are pairs of a pattern and what is said in its place.
{
  const words = $words.map(([english, said]) => [new RegExp(english), said]);
  // What Streamlit draws that has such words; found by class, which is quick on a page of any size.
  const WIDGETS = ["stTooltipIcon", "stFileUploader", "stTextInput", "stTextArea", "stNumberInput",
    "stSelectbox", "stDateInput"];
  // Other texts in these come from people.
  const TEXTS = "[data-testid=stFileUploaderDropzone], [data-testid=InputInstructions]";

  const inOwnWords = (text) => {
    const found = words.find(([english]) => english.test(text));
    return found ? text.replace(...found) : text;
  };

  const putLabel = (element) => {
    const said = inOwnWords(element.ariaLabel);
    if (said !== element.ariaLabel) element.ariaLabel = said;
  };

  const putTexts = (element) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const { currentNode } = texts;
      const said = inOwnWords(currentNode.data);
      if (said !== currentNode.data) currentNode.data = said;
    }
  };

  const put = () => {
    for (const name of WIDGETS) {
      for (const widget of document.getElementsByClassName(name)) {
        widget.querySelectorAll("[aria-label]").forEach(putLabel);
        widget.querySelectorAll(TEXTS).forEach(putTexts);
      }
    }
  };

  window.cellpulseWords?.disconnect();
  window.cellpulseWords = new MutationObserver(put);
  window.cellpulseWords.observe(document.body, {
    attributeFilter: ["aria-label"],
    characterData: true,
    childList: true,
    subtree: true,
  });
  put();
}
