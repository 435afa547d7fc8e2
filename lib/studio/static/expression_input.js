// A text area that suggests what can stand at the cursor, and reports its text once typing pauses.
const PAUSE = 150; // milliseconds
const MOST_OPTIONS = 100;
const TOKEN = /(?:[\w.$[\]]|`[^`]*`?)*$/;

export default {
  template: `
    <div class="expression-input" :id="id">
      <q-input
        ref="input"
        v-bind="$attrs"
        type="textarea"
        autogrow
        dense
        outlined
        hide-bottom-space
        :for="id + '-field'"
        :model-value="text"
        :placeholder="placeholder"
        :error="invalid"
        no-error-icon
        :input-class="monospace ? 'monospace' : ''"
        :aria-label="label"
        :aria-invalid="invalid ? 'true' : 'false'"
        :aria-describedby="describedby"
        :aria-autocomplete="hasSuggestions ? 'list' : null"
        :aria-controls="open ? id + '-options' : null"
        :aria-activedescendant="open && active >= 0 ? id + '-option-' + active : null"
        spellcheck="false"
        autocomplete="off"
        @update:model-value="typed"
        @click="clicked"
        @keydown="pressed"
        @focusout="left"
      />
      <q-menu
        v-if="hasSuggestions"
        v-model="open"
        :id="id + '-options'"
        role="listbox"
        :aria-label="'Suggestions for ' + label"
        class="suggestions"
        fit
        :max-width="width"
        no-focus
        no-refocus
        no-parent-event
        max-height="264px"
        transition-duration="0"
      >
        <div
          v-for="(option, index) in options"
          :key="option.text"
          :id="id + '-option-' + index"
          role="option"
          class="suggestion"
          :class="{ active: index === active }"
          :aria-selected="index === active ? 'true' : 'false'"
          @mousedown.prevent="choose(option)"
        ><span class="suggestion-text">{{ option.text }}</span><span class="suggestion-preview">{{ option.preview }}</span></div>
      </q-menu>
    </div>
  `,
  inheritAttrs: false,
  inject: { scope: { default: { suggestions: [] } } },
  props: {
    id: String,
    value: String,
    label: String,
    placeholder: String,
    // Suggested before those of the scope.
    constants: { type: Array, default: () => [] },
    invalid: Boolean,
    loopback: Boolean, // read by NiceGUI, not for the text area
    monospace: Boolean,
    // Whether a suggestion replaces the whole text, not only what stands before the cursor.
    whole: Boolean,
    describedby: String,
  },
  emits: ["update:value"],
  data() {
    return { text: this.value ?? "", open: false, options: [], active: -1, timer: null, width: null };
  },
  computed: {
    // A text that stands for itself has no paths.
    suggestions() {
      return this.whole ? this.constants : [...this.constants, ...this.scope.suggestions];
    },
    hasSuggestions() {
      return this.constants.length > 0 || (!this.whole && this.scope.suggestions.length > 0);
    },
  },
  watch: {
    value(value) {
      if (this.timer === null) this.text = value ?? "";
    },
  },
  beforeUnmount() {
    this.report();
  },
  methods: {
    focus() {
      this.$refs.input.focus();
    },
    field() {
      return this.$refs.input.getNativeElement();
    },
    typed(text) {
      this.text = text ?? "";
      clearTimeout(this.timer);
      this.timer = setTimeout(this.report, PAUSE);
      this.$nextTick(() => this.suggest(false));
    },
    report() {
      if (this.timer === null) return;
      clearTimeout(this.timer);
      this.timer = null;
      this.$emit("update:value", this.text);
    },
    left() {
      this.open = false;
      this.report();
    },
    clicked() {
      if (!this.text) this.suggest(true);
    },
    // Returns where the token before the cursor begins, and the token; null within a text constant.
    token() {
      const before = this.text.slice(0, this.field().selectionStart);
      if (this.whole) return { start: 0, token: this.text };
      const outside = before.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs, "");
      if (/["']/.test(outside)) return null;
      const token = before.match(TOKEN)[0];
      return { start: before.length - token.length, token };
    },
    suggest(asked) {
      const found = this.token();
      if (!found || !(found.token || asked)) {
        this.open = false;
        return;
      }
      const wanted = found.token.toLowerCase();
      const ranked = this.suggestions
        .filter((option) => option.text !== found.token)
        .map((option) => [option.text.toLowerCase().indexOf(wanted), option])
        .filter(([place]) => place >= 0);
      // What begins with the token comes first, then what contains it.
      this.options = [
        ...ranked.filter(([place]) => place === 0),
        ...ranked.filter(([place]) => place > 0),
      ]
        .slice(0, MOST_OPTIONS)
        .map(([, option]) => option);
      this.active = wanted && this.options.length ? 0 : -1;
      this.width = `${this.$el.clientWidth}px`;
      this.open = this.options.length > 0;
    },
    choose(option) {
      const found = this.token() ?? { start: 0 };
      const end = this.whole ? this.text.length : this.field().selectionStart;
      const cursor = found.start + option.text.length;
      this.typed(this.text.slice(0, found.start) + option.text + this.text.slice(end));
      this.$nextTick(() => {
        this.open = false;
        this.field().setSelectionRange(cursor, cursor);
        this.report();
      });
    },
    move(steps) {
      const count = this.options.length;
      this.active = (this.active + steps + count + (this.active < 0 && steps < 0)) % count;
      this.$nextTick(() =>
        document.getElementById(`${this.id}-option-${this.active}`)?.scrollIntoView({ block: "nearest" }),
      );
    },
    pressed(event) {
      if (event.key === " " && event.ctrlKey) {
        event.preventDefault();
        this.suggest(true);
      } else if (!this.open) {
        if (event.key === "ArrowDown" && !this.text.includes("\n")) {
          event.preventDefault();
          this.suggest(true);
        }
      } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        this.move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Enter" && this.active >= 0) {
        event.preventDefault();
        this.choose(this.options[this.active]);
      } else if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        this.open = false;
      }
    },
  },
};
