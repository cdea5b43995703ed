/** The place of what is on its way, of about its size, so that nothing jumps when it comes. */
export function Bones({
  count = 3,
  kind = 'card',
}: {
  count?: number
  kind?: 'card' | 'row' | 'chart'
}) {
  return (
    <div className="loading" data-kind={kind} role="status">
      <span className="unseen">Loading</span>
      {Array.from({ length: count }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <span key={at} className="bone" />
      ))}
    </div>
  )
}
