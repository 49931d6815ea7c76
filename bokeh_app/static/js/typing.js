// Whether a key is meant for the field that has the focus. A field of a dialog that has just closed keeps the focus for a
// frame: nobody types into that.
export const isTyping = (target) => /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !target.closest("dialog:not([open])");
