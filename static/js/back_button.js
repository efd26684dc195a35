// What a browser kept whole in its memory for the back button may be of somebody who has signed out since, also where it
// was told to keep nothing: hide it, and ask for it again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.body.hidden = true;
  location.reload();
});
