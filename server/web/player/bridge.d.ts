// What crosses the bridge, from the structs of client_core/calls.py and the table in client_core/bridge.py.
// Written anew by: python tests/client_core/test_bridge_typings.py

/** A call for help; `seen` are the notes of staff who saw it, empty while nobody has. */
export interface AlarmView {
  at_ms: number;
  sent: boolean;
  seen: ReadonlyArray<string>;
}

/** Answer a challenge; a list is joined by line feeds. `secret` is what the place's QR code said. */
export interface AnswerTo {
  challenge: number;
  text: string;
  at_ms: number;
  secret?: string | null;
}

/** The call waits for one of these, fed back with `resume`: whichever is not None. */
export interface Asked {
  step: "asked";
  ticket: number;
  sign: Sign | null;
  verify: Verify | null;
  fetch: Fetch | null;
}

/** Something done at a time: start, finish, retire. */
export interface At {
  at_ms: number;
}

/** A text to be read before playing; `accepted` once it was. */
export interface BriefingView {
  version: string;
  text: string;
  consent: boolean;
  accepted: boolean;
}

/** A bundle: all that is held, as a file. */
export interface BundleBytes {
  content: Uint8Array;
}

/** SOS, with the last position that is known. */
export interface CallForHelp {
  at_ms: number;
  text?: string;
  fix?: Position | null;
  battery_percent?: number | null;
}

/** A challenge whose checkpoint was visited, as it stands for all that this device holds. */
export interface ChallengeView {
  number: number;
  code: string;
  name: string;
  text: string;
  checkpoint: number | null;
  form: 0 | 1 | 2 | 3 | 4 | 5;
  points: number;
  choices: ReadonlyArray<string>;
  unit: string;
  sealed: boolean;
  answered: boolean;
  waiting: boolean;
  tries_left: number | null;
  wrong_points: number;
  speed_points: number;
  par_ms: number;
  par_ends_ms: number | null;
  hints: ReadonlyArray<HintView>;
  media: ReadonlyArray<number>;
}

/** Check in at a checkpoint by position, or by the `code` typed there. */
export interface CheckInHere {
  checkpoint: number;
  at_ms: number;
  fix?: Position | null;
  code?: string | null;
}

/** A checkpoint as players may know it. `rings` is its area where that is no circle: lines of (lon_e7, lat_e7). */
export interface CheckpointView {
  number: number;
  code: string;
  name: string;
  text: string;
  points: number;
  methods: ReadonlyArray<string>;
  lon_e7: number | null;
  lat_e7: number | null;
  radius_mm: number | null;
  rings: ReadonlyArray<ReadonlyArray<readonly [number, number]>>;
  finish: boolean;
  plays: boolean;
  hours: ReadonlyArray<readonly [number, number]>;
  first_points: ReadonlyArray<number>;
  minute_points: number;
  dwell_ms: number;
  holder: HolderView | null;
}

/** A briefing of this version was accepted, by a guardian where it says so. */
export interface Consent {
  version: string;
  at_ms: number;
  guardian?: boolean;
}

/** How far the checkpoints are that may be seen. */
export interface Distances {
  near: ReadonlyArray<Near>;
}

/** The call's answer. */
export interface Done {
  step: "done";
  answer: unknown;
}

/** Why the team has its score; `digest` is equal on every node that holds the same events. */
export interface Explained {
  score: number;
  digest: Uint8Array;
  lines: ReadonlyArray<LineView>;
}

/** The call failed, by a stable code and a sentence in English; what was durable before stays so. */
export interface Failed {
  step: "failed";
  code: string;
  detail: string;
  retry_after_ms: number;
}

/** The last failure at an address since it last worked. */
export interface Failure {
  url: string;
  code: string;
  detail: string;
  at_ms: number;
}

/** One request: to be carried without cookies, without following redirects, past every cache. */
export interface Fetch {
  method: "GET" | "POST";
  url: string;
  body: Uint8Array;
  media_type: string;
  accept: string;
  bytes_max: number;
  timeout_ms: number;
}

/** What came of a request. `status` 0: nothing did, and `failure` says why. */
export interface Fetched {
  status?: number;
  reason?: string;
  content_type?: string;
  retry_after?: string | null;
  body?: Uint8Array;
  failure?: "" | "down" | "redirect" | "slow" | "too_big";
}

/** Take a hint, counted from 0; what it costs is charged. */
export interface HintOf {
  challenge: number;
  hint: number;
  at_ms: number;
}

/** A hint, counted from 0: `text` once it was taken; else what it costs and from when it may be had (None: now). */
export interface HintView {
  number: number;
  text: string | null;
  points: number;
  from_ms: number | null;
  comes_later: boolean;
}

/** Who holds a checkpoint since when, as far as is known here. */
export interface HolderView {
  team_number: number;
  team_name: string;
  mine: boolean;
  since_ms: number;
  blocked_until_ms: number | null;
}

/** The game and who plays it; does not change while it is played. */
export interface Home {
  tenant: Uint8Array;
  game: Uint8Array;
  name: string;
  language: string;
  time_zone: string;
  opens_at_ms: number;
  closes_at_ms: number;
  team_number: number;
  team_name: string;
  public_key: Uint8Array;
  upstreams: ReadonlyArray<string>;
  emergency_number: string;
  check_in: 0 | 1;
  own_position: boolean;
  distances: boolean;
  standings: 0 | 1 | 2;
  self_start: boolean;
  finish_action: boolean;
  asks_members: boolean;
  photos: boolean;
  checkpoints: number;
  package_bytes: number;
  media: ReadonlyArray<MediumView>;
  texts: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What a bundle brought. */
export interface Imported {
  whole: boolean;
  received: number;
  duplicates: number;
}

/** Join the game at an address by a code, with a key whose private half the platform keeps. */
export interface Join {
  url: string;
  code: string;
  public_key: Uint8Array;
  team_name?: string;
  members?: ReadonlyArray<number>;
}

/** One line of the explanation; the points of all lines sum to the score. */
export interface LineView {
  code: string;
  points: number;
  values: ReadonlyArray<number>;
  at_ms: number | null;
  checkpoint: number | null;
  challenge: number | null;
  group: string | null;
  checkpoint_code: string | null;
  challenge_code: string | null;
}

/** A file that travels beside the game (`game.media`): `hash` is its name at every node of the game, in hex. */
export interface MediumView {
  name: string;
  hash: string;
  size: number;
  media_type: string;
  credit: string;
}

/** A member of the team, whose this phone may be; `name` as everybody may read it, empty where none is known. */
export interface MemberOffered {
  number: number;
  name: string;
}

/** A message of staff. */
export interface MessageView {
  id: Uint8Array;
  at_ms: number;
  text: string;
  urgent: boolean;
  read: boolean;
}

/** How far a checkpoint's fence is: from the centre of a circle, from the edge of a polygon, 0 inside it. */
export interface Near {
  number: number;
  distance_mm: number;
  inside: boolean;
}

/** How far everything is from here: cheap enough for every fix. */
export interface NearTo {
  fix: Position;
  at_ms: number;
}

/** No further words. */
export interface Nothing {
}

/** How the game stands at this moment, here: `fix` decides what is near enough to be shown. */
export interface Now {
  at_ms: number;
  fix?: Position | null;
  checkpoints_known?: number;
}

/** Open the game that the store joined last. */
export interface Open {
}

/** The player reads a challenge: its times run from here. */
export interface OpenChallenge {
  challenge: number;
  at_ms: number;
}

/** What the store holds: `home` is None where no game was joined yet. */
export interface Opened {
  home: Home | null;
  offered: ReadonlyArray<MemberOffered>;
}

/** What became of an action. `kept`: it stands in the log, so staff can rule otherwise. */
export interface Outcome {
  verdict: "accepted" | "charged" | "refused";
  points: number;
  reason: string;
  values: ReadonlyArray<number>;
  kept: boolean;
  checkpoint: number | null;
  accuracy_mm: number | null;
}

/** Answer a challenge with a JPEG or PNG; what it tells of its owner is left out before it is kept. */
export interface PhotoFor {
  challenge: number;
  content: Uint8Array;
  at_ms: number;
}

/** How many photos the node holds whole, of how many there are here. */
export interface PhotosSent {
  whole: number;
  photos: number;
}

/** Report for these members of the team from here on; none: for nobody. */
export interface PlayFor {
  members: ReadonlyArray<number>;
  at_ms: number;
}

/** Where the device is; `accuracy_mm` is the radius at 95 %, None where the receiver does not say. */
export interface Position {
  lon_e7: number;
  lat_e7: number;
  accuracy_mm: number | null;
  at_ms: number;
}

/** A message of staff was shown. */
export interface ReadMessage {
  message: Uint8Array;
  at_ms: number;
}

/** A photo of the gallery should not be there: `photo` is the id the gallery names it by. */
export interface ReportPhoto {
  photo: Uint8Array;
  at_ms: number;
  text?: string;
}

/** Check in by what a QR code said: the checkpoint is the one whose code it is. */
export interface Scanned {
  text: string;
  at_ms: number;
  fix?: Position | null;
}

/** Ask for this node's signature over `message`. */
export interface Sign {
  message: Uint8Array;
}

/** One signature to verify; the bytes have passed this module. */
export interface SignatureCheck {
  public_key: Uint8Array;
  message: Uint8Array;
  signature: Uint8Array;
}

/** How the game stands for this team, folded from what this device holds. */
export interface Standing {
  team_number: number;
  team_name: string;
  members: ReadonlyArray<number>;
  plays_for: ReadonlyArray<number>;
  member_needed: boolean;
  status: string;
  points: number;
  penalties: number;
  score: number;
  start_ms: number | null;
  left_ms: number | null;
  paused: boolean;
  finish_ms: number | null;
  time_ms: number | null;
  categories: ReadonlyArray<string>;
  format: string;
  checkpoints: ReadonlyArray<CheckpointView> | null;
  checkpoints_version: number;
  visited: ReadonlyArray<number>;
  near: ReadonlyArray<Near>;
  challenges: ReadonlyArray<ChallengeView>;
  briefings: ReadonlyArray<BriefingView>;
  messages: ReadonlyArray<MessageView>;
  alarms: ReadonlyArray<AlarmView>;
  words: ReadonlyArray<WordsView>;
  safety: Status;
  photos_waiting: number;
}

/** Own events by who else holds them; the last failures; flags for staff and owner. */
export interface Status {
  unsent: number;
  in_custody: number;
  safe: number;
  failures: ReadonlyArray<Failure>;
  flags: ReadonlyArray<string>;
  clock_ahead_ms: number | null;
  incarnations: number;
  forked: boolean;
  upstreams: ReadonlyArray<string>;
}

/** Hold a session with the node of this address; with the first upstream where it is empty. */
export interface SyncWith {
  url?: string;
}

/** What a session did; not `converged`: the two do not hold the same yet. */
export interface Synced {
  url: string;
  converged: boolean;
  sent: number;
  received: number;
  retry_after_ms: number;
  problem: string;
}

/** Ask which of these signatures are good. */
export interface Verify {
  checks: ReadonlyArray<SignatureCheck>;
}

/** Words to staff. */
export interface Words {
  text: string;
  at_ms: number;
}

/** What the team wrote to staff; not `sent`: nobody but this device is known to hold it; `seen`: staff said so. */
export interface WordsView {
  at_ms: number;
  text: string;
  sent: boolean;
  seen: boolean;
}

/** What a call comes to, or asks for. */
export type Step = Done | Failed | Asked;

/** Every call there is. */
export interface Calls {
  "open": { asked: Open; answered: Opened };
  "join": { asked: Join; answered: Opened };
  "play_for": { asked: PlayFor; answered: Nothing };
  "now": { asked: Now; answered: Standing };
  "near": { asked: NearTo; answered: Distances };
  "explain": { asked: Nothing; answered: Explained };
  "check_in": { asked: CheckInHere; answered: Outcome };
  "scan": { asked: Scanned; answered: Outcome };
  "start": { asked: At; answered: Outcome };
  "finish": { asked: At; answered: Outcome };
  "retire": { asked: At; answered: Nothing };
  "open_challenge": { asked: OpenChallenge; answered: Outcome };
  "answer": { asked: AnswerTo; answered: Outcome };
  "hint": { asked: HintOf; answered: Outcome };
  "photo": { asked: PhotoFor; answered: Outcome };
  "say": { asked: Words; answered: Nothing };
  "report": { asked: ReportPhoto; answered: Nothing };
  "sos": { asked: CallForHelp; answered: Nothing };
  "consent": { asked: Consent; answered: Nothing };
  "read_message": { asked: ReadMessage; answered: Nothing };
  "sync": { asked: SyncWith; answered: Synced };
  "send_photos": { asked: SyncWith; answered: PhotosSent };
  "export": { asked: Nothing; answered: BundleBytes };
  "import": { asked: BundleBytes; answered: Imported };
}
