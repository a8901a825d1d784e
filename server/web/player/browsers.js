// Which browser this is, as far as it decides where a game can be played: an app's own browser forgets, and a tab of an
// iPhone or iPad is emptied and cannot be seen by the app on the home screen.

/** Browsers inside apps, by what stands in their user agent. The list follows the one that inapp-spy 5.0.8 keeps by trying
 * the apps (https://github.com/shalanah/inapp-spy, MIT); "; wv)" is Android's own mark
 * (https://developer.chrome.com/docs/multidevice/user-agent), and in what an app of iOS shows "Safari/" is missing.
 * What looks like Safari itself, such as the view that Mail opens, cannot be told from it: its join screen says install. */
const IN_APP = [
  { name: "Messenger", mark: /FBAN\/Messenger|FB_IAB\/(?:MESSENGER|Orca)/ },
  { name: "Facebook", mark: /\bFB(?:AN|AV|_IAB|IOS)\b/ },
  { name: "Instagram", mark: /\bInstagram\b/ },
  { name: "Threads", mark: /\bBarcelona \d/ },
  { name: "WhatsApp", mark: /\bWhatsApp\b/ },
  { name: "WeChat", mark: /\bMicroMessenger\b/ },
  { name: "LINE", mark: /\bLine\/\d/ },
  { name: "TikTok", mark: /musical_ly|BytedanceWebview|\btrill_\d|\bTikTok\b/ },
  { name: "Snapchat", mark: /\bSnapchat\b/ },
  { name: "LinkedIn", mark: /\bLinkedInApp\b/ },
  { name: "Pinterest", mark: /\[Pinterest\// },
  { name: "X", mark: /\bTwitter(?:Android\b| for iP)/ },
  { name: "Google", mark: /\bGSA\/\d/ },
  { name: "", mark: /; wv\)/ },
  { name: "", mark: /\((?:iPhone|iPad|iPod)[^)]*\) AppleWebKit\/(?!.*Safari\/)/ },
];

/** The app in whose own browser a page is, "" where only that is known, null for a real browser or an installed app.
 * @param {string} agent @param {boolean} installed @param {boolean} telegram whether Telegram put its object into the page
 * @returns {string | null} */
export function appAround(agent, installed, telegram) {
  if (installed) return null;
  if (telegram) return "Telegram";
  return IN_APP.find(({ mark }) => mark.test(agent))?.name ?? null;
}

/** Whether this is an iPhone, iPad or iPod; an iPad says that it is a Macintosh, of which none has a touch screen.
 * @param {string} agent @param {number} touches */
export function isAppleTouch(agent, touches) {
  return /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && touches > 1);
}

/** Whether this page was opened from the home screen. */
export function isInstalled() {
  return matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true;
}

/** The app in whose browser this page is; see `appAround`. */
export function thisApp() {
  return appAround(navigator.userAgent, isInstalled(), "TelegramWebviewProxy" in window);
}

/** Where it is kept that the player wants to go on in the browser of an app. */
const STAYS = "stays-in-app";

/** The app in whose browser this page is, unless the player said to stay there. */
export function appToLeave() {
  return localStorage.getItem(STAYS) ? null : thisApp();
}

export function stayInApp() {
  localStorage.setItem(STAYS, "true");
}

/** Whether joining should wait until the app is on the home screen; another app's browser cannot put it there. */
export function installComesFirst() {
  return isAppleTouch(navigator.userAgent, navigator.maxTouchPoints) && !isInstalled() && thisApp() === null;
}
