namespace KubeVirtClone.Engine.Cloning;

/// <summary>
/// Bounds how many claims are waiting for their volumes at once. A cluster that makes clones queue for volumes binds a few claims a second whatever number is
/// pending: more in flight gain nothing, each costs the controllers another look, and other people's wait behind them. One that binds them as they come
/// is not held up.
/// </summary>
internal sealed class ClaimWindow(TimeProvider clock)
{
    /// <summary>Claims that may be pending at once, once one of them has been for <see cref="Soon"/>. Until then a queue is not seen, and two seconds' posts do not make a long one.</summary>
    public const int Limit = 50;

    /// <summary>A claim that is pending for longer stands in a queue.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly LinkedList<Room> _rooms = [];
    private readonly Queue<(Room Room, TaskCompletionSource Turn)> _waiting = new();
    private int _pending;

    /// <summary>Waits until there is room for the claims of one machine, and takes it; a machine with more than the limit waits until it is alone.</summary>
    /// <returns>What gives the room back.</returns>
    public async Task<IDisposable> EnterAsync(int claims, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var room = new Room(this, Math.Min(claims, Limit));
        if (claims == 0)
            return room;
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((room, turn));
            Admit();
        }

        await using var registration = ct.Register(() => GiveUp(turn, ct));
        await turn.Task;
        return room;
    }

    private void GiveUp(TaskCompletionSource turn, CancellationToken ct)
    {
        if (!turn.TrySetCanceled(ct))
            return;
        lock (_gate)
            Admit();
    }

    // One after the other, so that a machine with many claims is not passed for ever by those with few.
    private void Admit()
    {
        while (_waiting.TryPeek(out var next) && (next.Turn.Task.IsCompleted || _pending + next.Room.Claims <= Most()))
        {
            _waiting.Dequeue();
            if (!next.Turn.TrySetResult())
                continue;
            _pending += next.Room.Claims;
            next.Room.Since = clock.GetTimestamp();
            _rooms.AddLast(next.Room.Place);
        }
    }

    private int Most() => _rooms.First is { } oldest && clock.GetElapsedTime(oldest.Value.Since) >= Soon ? Limit : int.MaxValue;

    private sealed class Room : IDisposable
    {
        private readonly ClaimWindow _window;

        public Room(ClaimWindow window, int claims)
        {
            (_window, Claims) = (window, claims);
            Place = new(this);
        }

        public int Claims { get; }

        public LinkedListNode<Room> Place { get; }

        public long Since { get; set; }

        public void Dispose()
        {
            lock (_window._gate)
            {
                if (Place.List is null)
                    return;
                _window._rooms.Remove(Place);
                _window._pending -= Claims;
                _window.Admit();
            }
        }
    }
}
