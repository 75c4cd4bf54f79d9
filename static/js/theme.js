// Before the first paint, so that a dark page never flashes white. A frame's host may have set the theme already.
try {
  const stored = localStorage.getItem("theme");
  if (stored) document.documentElement.dataset.theme = stored;
} catch {
  // Storage is closed to frames in some browsers; the system's theme stands.
}
