/** What one peer may cost us. Bytes and milliseconds. */
export const limits = {
  /** One message of a client. Screenshots as base64 are the largest that are common. */
  messageBytes: 32 * 1024 * 1024,
  /** One message of a server: files are read, and come back whole. */
  answerBytes: 60 * 1024 * 1024,
  /** What a client says of itself, at an opening or in each request: it is kept for as long as its session. */
  openingBytes: 64 * 1024,
  /** Requests of one session that wait for an answer at the same time. */
  inFlight: 256,
  /** And what they may hold in memory together; one message alone always may. */
  inFlightBytes: 64 * 1024 * 1024,
  /**
   * What waits of one client over all its connections, sessions and servers, and how much of that it may have asked. What a
   * server that clients share has not finished saying is bounded the same way.
   */
  budget: {
    each: 192 * 1024 * 1024,
    asked: 128 * 1024 * 1024,
    /** What waits of all of them together, beside so much that each may have in any case. */
    all: 320 * 1024 * 1024,
    kept: 4 * 1024 * 1024,
  },
  /** A call that waits counts for so much beside its text: what stands behind it in every room. */
  callBytes: 16 * 1024,
  /** And a resource that a session hears of, beside twice its URI. */
  subscriptionBytes: 512,
  /** Characters of a token of progress, as JSON. */
  progressTokenLength: 1_024,
  /** Connections to the socket of one client. */
  connectionsPerClient: 128,
  /** Connections to the token door that have not shown a bearer yet; the one that waited longest goes. */
  strangers: 256,
  /** All connections to the token door. */
  httpConnections: 1_024,
  /** Until the header fields of a request there have come, and until all of it has. */
  fieldsMs: 10_000,
  requestMs: 30_000,
  /** Sessions of one client at the token door. */
  sessionsPerClient: 64,
  /** A session at the token door that nobody used for this long is ended. */
  sessionIdleMs: 60 * 60_000,
  /** What may wait to be read by a slow client before it is cut off. */
  outgoingBytes: 64 * 1024 * 1024,
  /** Until the first byte of an answer. Tools think long; the client gives up on its own terms before this. */
  answerTimeoutMs: 10 * 60_000,
  /**
   * How long a remote server may be silent in the middle of an answer. Its clients wait less by themselves: Node's `fetch` and
   * the SDK for Python five minutes. A question to a person may take a while on the same stream.
   */
  streamSilenceMs: 30 * 60_000,
  /** A call may take so long in all, whatever its server shows as progress. */
  callMs: 60 * 60_000,
  /**
   * How long a local server may be silent about a call before it is given up; progress counts, and so does a question. Some
   * tools take very long, and none is waited for forever.
   */
  silenceMs: 60 * 60_000,
  /** Until a server has answered an opening that is played again. */
  openingMs: 60_000,
  /** How long a client may take to answer what a call needs to know before it is answered. */
  inputMs: 10 * 60_000,
  /**
   * What a server says of a call while its client is asked is kept for its next request: so many messages, and characters of
   * them all, as part of `callBytes`.
   */
  missed: { messages: 32, length: 8 * 1024 },
  /** Until a server has said of which era it is; one that is silent has sessions. */
  eraProbeMs: 5_000,
  /**
   * How long answers may still take after their client has said that it will say no more. A client that is gone looks the
   * same until something is written to it.
   */
  lastAnswersMs: 30_000,
  /**
   * How long a call waits for a sign-in where the settings do not say: clients with the MCP SDK give up after 60 s, and
   * are to get the error with its link before that.
   */
  parkSeconds: 50,
  /** Calls of one client that wait for a sign-in, those of all clients, and the longest that one may wait. */
  parkedPerClient: 8,
  parked: 64,
  parkedMs: 300_000,
  /** How often a client that asked for progress is told that its call waits, and how many times longer it may. */
  parkedProgressMs: 15_000,
  parkedWithProgress: 6,
  /** How often a stream says that it is still there where it says nothing else: clients end silent ones after minutes. */
  keepAliveMs: 25_000,
  goodbyeTimeoutMs: 2_000,
  /** How long a server may take to answer a list or an opening before what is remembered of it is told in its place. */
  rememberedAfterMs: 2_000,
  /** A server that was asked behind a client is not asked again for others so soon. */
  rememberedFreshMs: 60_000,
  /**
   * How long the lists of all servers wait for one of them, its opening included: Codex gives everything up that has not
   * told its tools 10 s after its start.
   */
  listWaitMs: 8_000,
  /**
   * So long a client may keep what a server of 2026-07-28 lets it keep: lists were filtered by rules that may change at any
   * time, and who does not listen learns of it no sooner.
   */
  ttlMs: 5 * 60_000,
  /** Pages and bytes that one server's list may have among those of all; what is beyond is not shown. */
  listPages: 256,
  listBytes: 16 * 1024 * 1024,
  /** One page of the lists of all servers has so many bytes, and one line more. */
  pageBytes: 4 * 1024 * 1024,
  /** What changes within so long is told to a client as one change. */
  burstMs: 100,
  /** A client is told of changes no more often than this: it asks every server again each time. */
  listChangedMs: 2_000,
  /** Of what one server wants its users to know, and of all that is told at the opening of all servers. Characters. */
  instructions: 4_096,
  allInstructions: 32_768,
  /** Resources that one server's answers named outside of its lists, and that are remembered as its own; no URI that is longer is kept. */
  links: 1_000,
  linkLength: 4_096,
  /** What one tool may say of itself; a person has to read it. */
  toolBytes: 256 * 1024,
  /** Tools of one server that are pinned, their bytes, and those that wait for a person; what is beyond is withheld. */
  pinnedTools: 5_000,
  pinnedBytes: 16 * 1024 * 1024,
  heldTools: 256,
  /** The first list of a server ends with its last page, or so long after its first one. */
  firstListMs: 10 * 60_000,
  /** Versions of one tool that stay approved, the last ones: servers describe some tools by who asks. */
  approvedVersions: 8,
} as const
