// Shows the phases of a running analysis as they go on. The server draws; here it is only put in place. The stream comes
// back by itself after a fault, from the last event that was seen.
const place = document.getElementById("progress");
const sentence = document.getElementById("sentence");
const away = document.getElementById("away");
const stream = new EventSource(place.dataset.events);

stream.addEventListener("progress", (event) => {
  const told = JSON.parse(event.data);
  away.hidden = true;
  place.innerHTML = told.html;
  if (sentence.textContent !== told.status) sentence.textContent = told.status;
  if (told.ended) {
    stream.close();
    location.reload();
  }
});
stream.addEventListener("error", () => {
  away.hidden = false;
  // Closed for good: the analysis has ended while nobody listened, or the session has, or there are too many streams.
  // The page itself says which; without a pause a refused stream and the page would ask in turn, without end.
  if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
});
addEventListener("pagehide", () => stream.close());
