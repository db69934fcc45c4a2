// Made by `lyceum asyncapi --typescript` from the AsyncAPI document. Changes made here are lost.

export type Uuid = string;
/** A moment in UTC, as RFC 3339 writes it. */
export type Moment = string;

export interface Accepted {
  ok: true;
}

/** A level of an achievement was reached; levels are absolute. `local_on` is the learner's own date, `gems` what it paid. The list of achievements has the words. */
export interface AchievementAwarded {
  seq: number;
  at: Moment;
  correlation_id: string;
  achievement: string;
  level: number;
  gems: number;
  awarded_at: Moment;
  local_on: string | null;
}

/** The members of the REST answer, and `ok`. */
export interface AnswerAccepted {
  verdict: string;
  correct: boolean;
  expected: string | (string | string[])[];
  tokens: Token[];
  score: number;
  feedback?: string;
  answered: number;
  total: number;
  hearts: number;
  explanation?: string;
  next?: ExerciseOut | null;
  ok: true;
}

/** `key` is the idempotency key: the same key again gives the same acknowledgement. */
export interface AnswerSubmit {
  session_id: Uuid;
  exercise_id: Uuid;
  answer: unknown;
  elapsed_ms: number;
  key: string;
}

/** A recording as a learner's client gets it. */
export interface AudioOut {
  url: string;
  slow_url: string | null;
}

/** The session that a learner of the class is at now; `correct` counts the right answers. */
export interface ClassroomProgress {
  session_id: Uuid;
  course_id: Uuid;
  lesson_id: Uuid | null;
  answered: number;
  total: number;
  correct: number;
  finished: boolean;
  active_at: string;
  classroom_id: Uuid;
  user_id: Uuid;
}

/** The whole class. It replaces whatever was known of it, and progress goes on from here. */
export interface ClassroomSnapshot {
  classroom_id: Uuid;
  course_id: Uuid | null;
  learners: LearnerProgressOut[];
}

/** Without an id: every class that this socket watches. */
export interface ClassroomUnwatch {
  classroom_id?: Uuid | null;
}

export interface ClassroomWatch {
  classroom_id: Uuid;
}

export interface ClozePrompt {
  kind: "cloze";
  language: string;
  parts: string[];
  options: string[][];
}

/** The `auth` object of the connection. `epoch`, `seq` and `at` are those of the last frame on the own stream, or of `stream.ready` when none has come since. */
export interface Connect {
  token: string;
  epoch?: string | null;
  seq?: number | null;
  at?: Moment | null;
}

/** What a connection is refused with; clients of Socket.IO show `data` as that of their `connect_error`. */
export interface ConnectRefused {
  message: string;
  data: Refusal;
}

export interface Connected {
  sid: string;
}

/** The published revision of a course: once after `course.watch`, then whenever it is another. `number` grows with every new revision; it is lower than before where authors have gone back to an old one. */
export interface CourseChanged {
  course_id: Uuid;
  revision_id: Uuid;
  number: number;
}

/** Without an id: every course that this socket watches. */
export interface CourseUnwatch {
  course_id?: Uuid | null;
}

export interface CourseWatch {
  course_id: Uuid;
}

export interface DatePrompt {
  kind: "date";
  text: string;
  language: string;
  answer_language: string;
  needs_year: boolean;
}

export interface DialoguePrompt {
  kind: "dialogue";
  language: string;
  cue_language: string;
  turns: TurnOut[];
}

/** The draft of a course as its authors have it: once after `draft.watch`, then whenever somebody has changed it. `version` is that of the tree and only grows; where it has grown by more than one, more has changed than is said. */
export interface DraftChanged {
  course_id: Uuid;
  version: number;
  node_id: Uuid | null;
  by_id: Uuid | null;
}

/** Without an id: every draft that this socket watches. */
export interface DraftUnwatch {
  course_id?: Uuid | null;
}

export interface DraftWatch {
  course_id: Uuid;
}

export interface EssayPrompt {
  kind: "essay";
  text: string;
  language: string;
  answer_language: string;
  least_words: number;
  most_words: number;
}

/** One exercise as a learner sees it: no solution. The fields of `prompt` depend on `kind`. */
export interface ExerciseOut {
  id: Uuid;
  kind: string;
  prompt: MultipleChoicePrompt | MultipleResponsePrompt | TrueFalsePrompt | PickPicturePrompt | WordBankPrompt | TranslatePrompt | ClozePrompt | MatchPairsPrompt | OrderPrompt | ListenTypePrompt | ListenTapPrompt | SpeakPrompt | DialoguePrompt | ShortAnswerPrompt | NumericPrompt | DatePrompt | FlashcardPrompt | EssayPrompt;
  hints: string[];
  image: ImageOut | null;
  audio: AudioOut | null;
  answered: boolean;
  again: boolean;
}

export interface FlashcardPrompt {
  kind: "flashcard";
  text: string;
  language: string;
  back: string[];
  answer_language: string;
  note: string;
  back_image: ImageOut | null;
  back_audio: AudioOut | null;
}

/** `gems` is absolute, `amount` what came, below zero where gems were spent, and `reason` for what: quest, badge, streak, league, own, buy, … `version` grows with every change: a frame with a lower one than is known, from here or from `GET /gems`, is out of date. */
export interface GemsChanged {
  seq: number;
  at: Moment;
  correlation_id: string;
  gems: number;
  version: number;
  amount: number;
  reason: string;
}

/** The learner's day `local_on` has brought `xp`, which is what they had set as their goal or more; said once for each day. */
export interface GoalReached {
  seq: number;
  at: Moment;
  correlation_id: string;
  local_on: string;
  goal_xp: number;
  xp: number;
}

/** Absolute: hearts came back by practice, or because an answer was right after all. `next_at` is when time brings one more, null where none is missing. */
export interface HeartsChanged {
  seq: number;
  at: Moment;
  correlation_id: string;
  hearts: number;
  next_at: Moment | null;
}

/** A picture as a learner's client gets it: a path on the server, which says nothing of what the file was called. */
export interface ImageOut {
  url: string;
  alt: string;
}

/** A course of one's own is being read from a file: `done` of `total` steps are behind it, absolute, until `state` is `done` or `failed`. `course_id` is of the course it went into. */
export interface ImportProgress {
  seq: number;
  at: Moment;
  correlation_id: string;
  import_id: Uuid;
  state: string;
  done: number;
  total: number;
  course_id: Uuid | null;
}

/** Who takes part unseen has an empty `name`, and a `user_id` of this league alone that leads to nobody. */
export interface LeagueEntry {
  rank: number;
  user_id: Uuid;
  name: string;
  xp: number;
  zone: string;
}

/** Absolute values of the lines that moved. */
export interface LeagueFrame {
  league_id: Uuid;
  version: number;
  entries: LeagueEntry[];
}

/** The whole board, in place of whatever was known of it. `you` is the `user_id` of one's own line; it becomes another when one's name is hidden or shown, and a snapshot says so. */
export interface LeagueSnapshot {
  league_id: Uuid;
  version: number;
  entries: LeagueEntry[];
  you: Uuid;
}

/** Without an id: every league that this socket watches. */
export interface LeagueUnwatch {
  league_id?: Uuid | null;
}

export interface LeagueWatch {
  league_id: Uuid;
}

/** `session` is the one that the learner last did something in; null before the first. */
export interface LearnerProgressOut {
  user_id: Uuid;
  name: string;
  session: SessionProgressOut | null;
}

/** `session_id` is null for a lesson without exercises. `xp_total` and `streak` are absolute. */
export interface LessonCompleted {
  seq: number;
  at: Moment;
  correlation_id: string;
  lesson_id: Uuid;
  session_id: Uuid | null;
  xp_earned: number;
  xp_total: number;
  streak: number;
}

export interface ListenTapPrompt {
  kind: "listen_tap";
  language: string;
  audio: AudioOut;
  words: string[];
}

export interface ListenTypePrompt {
  kind: "listen_type";
  language: string;
  audio: AudioOut;
}

export interface MatchPairsPrompt {
  kind: "match_pairs";
  language: string;
  right_language: string;
  left: string[];
  right: string[];
  images: Record<string, ImageOut>;
  audio: Record<string, AudioOut>;
  text: string;
}

/** A completed lesson whose frame was lost. It has no `seq`; told from others by `session_id` and `lesson_id`. */
export interface MissedLesson {
  event: "lesson.completed";
  at: Moment;
  correlation_id: string;
  lesson_id: Uuid;
  session_id: Uuid | null;
  xp_earned: number;
  xp_total: number;
  streak: number;
}

/** A notification whose frame was lost. It has no `seq`; a client that shows its `id` already passes over it. */
export interface MissedNotification {
  event: "notification.created";
  at: Moment;
  correlation_id: string;
  id: Uuid;
  kind: string;
  title: string;
  body: string;
  url: string | null;
}

export interface MultipleChoicePrompt {
  kind: "multiple_choice";
  text: string;
  language: string;
  option_language: string;
  options: Option[];
}

export interface MultipleResponsePrompt {
  kind: "multiple_response";
  text: string;
  language: string;
  option_language: string;
  options: Option[];
}

export interface NotificationCreated {
  seq: number;
  at: Moment;
  correlation_id: string;
  id: Uuid;
  kind: string;
  title: string;
  body: string;
  url: string | null;
}

/** Read on one device. `all`: every one, or every one up to `id` if there is one. `archived`: put away as well. `unread` counts the whole inbox afterwards. */
export interface NotificationRead {
  seq: number;
  at: Moment;
  correlation_id: string;
  id: Uuid | null;
  all: boolean;
  archived: boolean;
  unread: number;
}

export interface NumericPrompt {
  kind: "numeric";
  text: string;
  language: string;
  needs_unit: boolean;
}

export interface Option {
  id: string;
  text: string;
}

export interface OrderPrompt {
  kind: "order";
  text: string;
  language: string;
  answer_language: string;
  items: string[];
}

export interface PickPicturePrompt {
  kind: "pick_picture";
  text: string;
  language: string;
  pictures: Picture[];
}

export interface Picture {
  id: string;
  image: ImageOut;
}

/** How many people are in a room, over all processes; in a class: how many members are online, and for its teachers `ids`, who they are. */
export interface PresenceChanged {
  room: string;
  online: number;
  ids?: Uuid[];
}

/** Absolute: where the session is now. Of two answers given at once the later may be told first; the frame with the lower `answered` is then out of date. */
export interface ProgressChanged {
  seq: number;
  at: Moment;
  correlation_id: string;
  session_id: Uuid;
  course_id: Uuid;
  lesson_id: Uuid | null;
  answered: number;
  total: number;
  correct: boolean;
  correct_so_far: number;
  hearts: number | null;
}

export interface Refusal {
  code: string;
  message: string;
}

/** `code` is for programs and never changes, `message` is for whoever writes them. */
export interface Refused {
  code: string;
  message: string;
  ok: false;
}

/** The server took the socket out of a room: `realtime.right_lost`, what allowed to be there is over. */
export interface RoomLeft {
  room: string;
  code: string;
}

/** Once after `session.watch`, then per answer and at the end; `correct` counts the right answers. */
export interface SessionProgress {
  session_id: Uuid;
  course_id: Uuid;
  lesson_id: Uuid | null;
  answered: number;
  total: number;
  correct: number;
  finished: boolean;
  active_at: string;
  user_id: Uuid;
}

/** How far a session is. All values are absolute: of two states of one session the one with more answers is newer, or the finished one; of two sessions of a learner, the current one is that with the later `active_at`. */
export interface SessionProgressOut {
  session_id: Uuid;
  course_id: Uuid;
  lesson_id: Uuid | null;
  answered: number;
  total: number;
  correct: number;
  finished: boolean;
  active_at: string;
}

/** Without an id: every session that this socket watches. */
export interface SessionUnwatch {
  session_id?: Uuid | null;
}

/** `invitation` is the code that the owner of the session gave; owners need none. */
export interface SessionWatch {
  session_id: Uuid;
  invitation?: string | null;
}

export interface ShortAnswerPrompt {
  kind: "short_answer";
  text: string;
  language: string;
  answer_language: string;
}

export interface SpeakPrompt {
  kind: "speak";
  text: string;
  language: string;
}

/** The last frame of a socket that the server closes, where it can still be written. `number` is the websocket's close code too: up to 3499 a client should connect again, after `after_ms` and as `reconnect` says. */
export interface StreamClosed {
  code: string;
  number: number;
  message: string;
  reconnect: "fresh_token" | "never" | "now";
  after_ms: number;
}

/** `seq` is the position behind which frames now follow, without a gap; `at` is the time of that position. `truncated`: frames were lost. `missed` then holds those of them that must not be lost, oldest first and as far as they are newer than the client's own `at` (a minute more, so some may be known), and `reload` the REST paths that tell the present state of everything else. An empty `epoch`: frames cannot be numbered now; another `stream.ready` follows when they can. */
export interface StreamReady {
  epoch: string;
  seq: number;
  at: Moment;
  resumed: boolean;
  truncated: boolean;
  missed: (MissedNotification | MissedLesson)[];
  reload: string[];
}

/** One step of the alignment: `text` as the learner wrote it (empty when missing), `expected` where it differs. */
export interface Token {
  text: string;
  verdict: Verdict;
  expected?: string | null;
}

export interface TranslatePrompt {
  kind: "translate";
  text: string;
  language: string;
  answer_language: string;
}

export interface TrueFalsePrompt {
  kind: "true_false";
  text: string;
  language: string;
}

export interface TurnOut {
  speaker: string;
  text: string | null;
  audio: AudioOut | null;
  options: string[];
  cue: string;
}

export type Verdict = "accent" | "exact" | "extra" | "missing" | "punctuation" | "typo" | "word_order" | "wrong" | "wrong_word";

export interface WordBankPrompt {
  kind: "word_bank";
  text: string;
  language: string;
  answer_language: string;
  words: string[];
}

/** What the server sends. */
export interface Frames {
  /** The position behind which frames follow without a gap. */
  "stream.ready": StreamReady;
  /** The server closes this socket, and why. */
  "stream.closed": StreamClosed;
  /** An answer of one's own was graded. */
  "progress.changed": ProgressChanged;
  /** Hearts of one's own came back by more than time. */
  "hearts.changed": HeartsChanged;
  /** A lesson of one's own is complete and rewarded. */
  "lesson.completed": LessonCompleted;
  /** Gems of one's own were earned or spent. */
  "gems.changed": GemsChanged;
  /** The goal of one's own day was reached. */
  "goal.reached": GoalReached;
  /** A level of an achievement of one's own was reached. */
  "achievement.awarded": AchievementAwarded;
  /** A new row in one's own inbox. */
  "notification.created": NotificationCreated;
  /** Some of one's own inbox was read or put away, here or elsewhere. */
  "notification.read": NotificationRead;
  /** How far a course of one's own is that is read from a file. */
  "import.progress": ImportProgress;
  /** The whole board, and which line is one's own. */
  "league.snapshot": LeagueSnapshot;
  /** The lines that moved, with absolute values. */
  "league.changed": LeagueFrame;
  /** All members of a class and what they are at. */
  "classroom.snapshot": ClassroomSnapshot;
  /** A member of a watched class answered. */
  "classroom.progress": ClassroomProgress;
  /** A watched session as it stands now. */
  "session.progress": SessionProgress;
  /** The revision of a watched course that is published now. */
  "course.changed": CourseChanged;
  /** A watched draft as it stands now. */
  "draft.changed": DraftChanged;
  /** How many people are in a room; at most once a second. */
  "presence.changed": PresenceChanged;
  /** This socket is no longer in a room. */
  "room.left": RoomLeft;
}

/** What a client may send, and what it is answered. */
export interface Commands {
  /** Watch a league's board; a snapshot follows the acknowledgement. */
  "league.watch": {
    payload: LeagueWatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.not_found" | "realtime.timeout" | "realtime.too_many_rooms" | "unavailable";
  };
  /** Stop watching one league, or all. */
  "league.unwatch": {
    payload: LeagueUnwatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.timeout" | "unavailable";
  };
  /** Watch a lesson session: one's own from another device, or somebody's who gave an invitation. */
  "session.watch": {
    payload: SessionWatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.not_found" | "realtime.timeout" | "realtime.too_many_rooms" | "unavailable";
  };
  /** Stop watching one session, or all. */
  "session.unwatch": {
    payload: SessionUnwatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.timeout" | "unavailable";
  };
  /** Watch a class that one teaches; a snapshot follows the acknowledgement. */
  "classroom.watch": {
    payload: ClassroomWatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.not_found" | "realtime.timeout" | "realtime.too_many_rooms" | "unavailable";
  };
  /** Stop watching one class, or all. */
  "classroom.unwatch": {
    payload: ClassroomUnwatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.timeout" | "unavailable";
  };
  /** Watch a course that one learns. */
  "course.watch": {
    payload: CourseWatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.not_found" | "realtime.timeout" | "realtime.too_many_rooms" | "unavailable";
  };
  /** Stop watching one course, or all. */
  "course.unwatch": {
    payload: CourseUnwatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.timeout" | "unavailable";
  };
  /** Watch the draft of a course that one works on. */
  "draft.watch": {
    payload: DraftWatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.not_found" | "realtime.timeout" | "realtime.too_many_rooms" | "unavailable";
  };
  /** Stop watching one draft, or all. */
  "draft.unwatch": {
    payload: DraftUnwatch;
    accepted: Accepted;
    refusal: "internal" | "realtime.bad_payload" | "realtime.timeout" | "unavailable";
  };
  /** Answer an exercise; acknowledged with the body of the REST call. */
  "answer.submit": {
    payload: AnswerSubmit;
    accepted: AnswerAccepted;
    refusal: "catalog.answer_shape" | "internal" | "learning.already_answered" | "learning.another_exercise_first" | "learning.exercise_not_found" | "learning.key_of_another_answer" | "learning.session_closed" | "learning.session_not_found" | "realtime.bad_payload" | "realtime.timeout" | "unavailable";
  };
}

/** Why a connection was refused. */
export type ConnectRefusal = "unauthenticated" | "identity.token_invalid" | "identity.token_expired" | "identity.ticket_invalid" | "identity.session_ended" | "realtime.bad_payload" | "realtime.too_many_sockets" | "realtime.closing" | "unavailable";

/** Why the server closes a socket, by the number that is the websocket's close code too. */
export const CLOSINGS = {
  3000: { code: "realtime.restarting", reconnect: "now" },
  3001: { code: "realtime.too_slow", reconnect: "now" },
  3002: { code: "realtime.busy", reconnect: "now" },
  3100: { code: "realtime.token_expired", reconnect: "fresh_token" },
  3101: { code: "realtime.connect_timeout", reconnect: "fresh_token" },
  3500: { code: "realtime.session_ended", reconnect: "never" },
  3501: { code: "realtime.bad_frames", reconnect: "never" },
} as const;

/** Frames that come again in `missed` when their numbers were lost; two with equal members are one. */
export const DURABLE = {
  "lesson.completed": ["session_id", "lesson_id"],
  "notification.created": ["id"],
} as const;
