/**
 * xterm.js writes its rules into <style> elements and colours into style attributes, both of which this page's policy
 * refuses. What it means is done by the document's own interfaces, which the policy allows.
 */
export function allowStyles() {
  if (done) return;
  done = true;
  const create = document.createElement.bind(document);
  /** @param {string} name @param {ElementCreationOptions} [options] */
  document.createElement = (name, options) => {
    // Even an empty <style> is refused as it comes into the document.
    const made = create(name === 'style' ? 'meta' : name, options);
    if (name === 'style') writesToSheet(made);
    else if (name === 'span') colours(made);
    return made;
  };
}

let done = false;

/** @param {HTMLElement} style */
function writesToSheet(style) {
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets.push(sheet);
  Object.defineProperty(style, 'textContent', { set: (css) => sheet.replaceSync(css) });
  style.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    Element.prototype.remove.call(style);
  };
}

/** @param {HTMLElement} span */
function colours(span) {
  span.setAttribute = (name, value) => {
    if (name === 'style') span.style.cssText = value;
    else Element.prototype.setAttribute.call(span, name, value);
  };
}
