// Follows an order: asks for its version now and then, and shows the page anew when it has changed.
(() => {
  const { version, address } = document.currentScript.dataset;
  const busy = () => ["INPUT", "SELECT"].includes(document.activeElement?.tagName);
  const look = async () => {
    try {
      const answer = await fetch(address, { redirect: "error" });
      if (answer.ok && (await answer.text()) !== version && !busy()) return location.reload();
    } catch {
      // Not reachable at the moment; the next look tells.
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
})();
