// Hands on what the server says is to be kept, also where nobody listens yet.
watch("value", () => {
  document.qaOrder = props.value;
  document.dispatchEvent(new Event("qa-order"));
});
