package views

// IconName names an icon of the sprite; see static/README.md.
type IconName string

// The icons there are.
const (
	IconArrowLeft      IconName = "arrow-left"
	IconArrowRight     IconName = "arrow-right"
	IconArrowDown      IconName = "arrow-down"
	IconArrowUp        IconName = "arrow-up"
	IconBan            IconName = "ban"
	IconCheck          IconName = "check"
	IconChevronDown    IconName = "chevron-down"
	IconChevronRight   IconName = "chevron-right"
	IconChevronsUpDown IconName = "chevrons-up-down"
	IconCircleAlert    IconName = "circle-alert"
	IconCircleCheck    IconName = "circle-check"
	IconCircleDashed   IconName = "circle-dashed"
	IconCircleDot      IconName = "circle-dot"
	IconCirclePause    IconName = "circle-pause"
	IconCircleX        IconName = "circle-x"
	IconClock          IconName = "clock"
	IconCopy           IconName = "copy"
	IconDoorOpen       IconName = "door-open"
	IconEye            IconName = "eye"
	IconGraduationCap  IconName = "graduation-cap"
	IconHistory        IconName = "history"
	IconInbox          IconName = "inbox"
	IconInfo           IconName = "info"
	IconKeyRound       IconName = "key-round"
	IconLanguages      IconName = "languages"
	IconLock           IconName = "lock"
	IconLogOut         IconName = "log-out"
	IconMail           IconName = "mail"
	IconMailOpen       IconName = "mail-open"
	IconMailX          IconName = "mail-x"
	IconPlus           IconName = "plus"
	IconPresentation   IconName = "presentation"
	IconSchool         IconName = "school"
	IconSearch         IconName = "search"
	IconSend           IconName = "send"
	IconSettings       IconName = "settings"
	IconTrash          IconName = "trash-2"
	IconTriangleAlert  IconName = "triangle-alert"
	IconUserPlus       IconName = "user-plus"
	IconUser           IconName = "user"
	IconUsers          IconName = "users"
	IconX              IconName = "x"
	IconRotateCcw      IconName = "rotate-ccw"
	IconPlay           IconName = "play"
	IconLink           IconName = "link"
	IconMinus          IconName = "minus"
)

// Icons lists every icon there is.
var Icons = []IconName{
	IconArrowLeft,
	IconArrowRight,
	IconArrowDown,
	IconArrowUp,
	IconBan,
	IconCheck,
	IconChevronDown,
	IconChevronRight,
	IconChevronsUpDown,
	IconCircleAlert,
	IconCircleCheck,
	IconCircleDashed,
	IconCircleDot,
	IconCirclePause,
	IconCircleX,
	IconClock,
	IconCopy,
	IconDoorOpen,
	IconEye,
	IconGraduationCap,
	IconHistory,
	IconInbox,
	IconInfo,
	IconKeyRound,
	IconLanguages,
	IconLock,
	IconLogOut,
	IconMail,
	IconMailOpen,
	IconMailX,
	IconPlus,
	IconPresentation,
	IconSchool,
	IconSearch,
	IconSend,
	IconSettings,
	IconTrash,
	IconTriangleAlert,
	IconUserPlus,
	IconUser,
	IconUsers,
	IconX,
	IconRotateCcw,
	IconPlay,
	IconLink,
	IconMinus,
}
