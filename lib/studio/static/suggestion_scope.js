// Holds the suggestions of all expressions in it, so that each is sent to the browser once.
export default {
  template: `<div><slot></slot></div>`,
  props: {
    suggestions: Array,
  },
  provide() {
    return { scope: this };
  },
};
