import {
  Activity,
  AppWindow,
  ArrowRight,
  Ban,
  BookOpenText,
  Check,
  ChevronDown,
  ChevronRight,
  CircleCheck,
  CirclePause,
  CircleSlash,
  ClipboardPaste,
  Clock,
  Download,
  Ellipsis,
  ExternalLink,
  FileText,
  Globe,
  Info,
  KeyRound,
  LayoutDashboard,
  ListFilter,
  LockKeyhole,
  type LucideIcon,
  Monitor,
  Moon,
  OctagonX,
  Plus,
  Power,
  ReceiptText,
  RotateCcw,
  Search,
  Server,
  Settings,
  ShieldCheck,
  Sparkles,
  SquareTerminal,
  Stethoscope,
  Sun,
  Trash2,
  TriangleAlert,
  UserRound,
  Wrench,
  X,
} from 'lucide-react'

const icons = {
  overview: LayoutDashboard,
  servers: Server,
  accounts: UserRound,
  clients: AppWindow,
  activity: Activity,
  approvals: ShieldCheck,
  receipts: ReceiptText,
  doctor: Stethoscope,
  settings: Settings,
  key: KeyRound,
  locked: LockKeyhole,
  good: CircleCheck,
  warn: TriangleAlert,
  bad: OctagonX,
  denied: Ban,
  held: CirclePause,
  wait: Clock,
  info: Info,
  cancelled: CircleSlash,
  remote: Globe,
  local: SquareTerminal,
  close: X,
  arrow: ArrowRight,
  search: Search,
  plus: Plus,
  more: Ellipsis,
  check: Check,
  open: ChevronRight,
  down: ChevronDown,
  paste: ClipboardPaste,
  preset: Sparkles,
  tools: Wrench,
  log: FileText,
  remove: Trash2,
  stop: Power,
  again: RotateCcw,
  filter: ListFilter,
  story: BookOpenText,
  export: Download,
  external: ExternalLink,
  light: Sun,
  dark: Moon,
  system: Monitor,
} satisfies Record<string, LucideIcon>

export type IconName = keyof typeof icons | 'warder'

/** Always beside words, so a screen reader passes it by. Shapes differ, not colours alone. */
export function Icon({ name }: { name: IconName }) {
  if (name === 'warder') return <Shield />
  const Drawn = icons[name]
  return <Drawn className="icon" aria-hidden="true" />
}

function Shield() {
  return (
    <svg className="icon mark" viewBox="0 0 32 32" aria-hidden="true">
      <path
        className="mark-shield"
        d="M16 2 4 6.5v8.7C4 22.3 9 27.9 16 30c7-2.1 12-7.7 12-14.8V6.5z"
      />
      <path
        className="mark-hole"
        d="M16 9.5a4 4 0 0 0-1.9 7.52L13 22.5h6l-1.1-5.48A4 4 0 0 0 16 9.5z"
      />
    </svg>
  )
}
