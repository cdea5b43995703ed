import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Lines } from './lines.tsx'

export interface Question {
  title: string
  lines: string[]
}

/** Asks the person in front of the screen whether trust may be widened. */
export function PresenceDialog(props: { question: Question; onAnswer: (yes: boolean) => void }) {
  const { question, onAnswer } = props
  return (
    <Dialog
      title={question.title}
      onClose={() => onAnswer(false)}
      actions={
        <>
          <Button first onClick={() => onAnswer(false)}>
            Cancel
          </Button>
          <Button kind="primary" onClick={() => onAnswer(true)}>
            Confirm
          </Button>
        </>
      }
    >
      <Lines lines={question.lines} />
    </Dialog>
  )
}
