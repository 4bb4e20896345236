import CLibCurl
import Foundation
import Synchronization

/// Sends requests over libcurl, all by one thread, which ends with the client. Connections are kept for later requests.
final class HTTPClient: Sendable {
    private let loop = HTTPLoop()

    init() { Thread.detachNewThread { [loop] in loop.run() } }

    deinit { loop.end() }

    /// - Throws: `CancellationError` when the task was cancelled, ``HTTPError`` when no answer came.
    func send(_ request: HTTPRequest) async throws -> HTTPReply {
        try Task.checkCancellation()
        let transfer = HTTPTransfer(request)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { loop.start(transfer, $0) }
        } onCancel: {
            loop.cancel(transfer)
        }
    }
}

/// What the thread does. Other threads only put something into its inbox and wake it.
private final class HTTPLoop: Sendable {
    private struct Inbox {
        var started: [HTTPTransfer] = []
        var hasCancelled = false
        var isEnded = false
    }

    /// The transfers of libcurl; freed by the thread, which no one wakes after the end.
    nonisolated(unsafe) private let transfers: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        guard Self.isReady, let transfers = curl_multi_init() else { fatalError("libcurl cannot be initialized") }
        self.transfers = transfers
    }

    func start(_ transfer: HTTPTransfer, _ continuation: CheckedContinuation<HTTPReply, any Error>) {
        transfer.continuation = continuation
        leave { $0.started.append(transfer) }
    }

    /// May come before the start.
    func cancel(_ transfer: HTTPTransfer) {
        transfer.isCancelled.store(true, ordering: .releasing)
        leave { $0.hasCancelled = true }
    }

    func end() {
        leave { $0.isEnded = true }
    }

    private func leave(_ change: (inout Inbox) -> Void) {
        inbox.withLock {
            change(&$0)
            curl_multi_wakeup(transfers)
        }
    }

    func run() {
        var running: [UnsafeMutableRawPointer: HTTPTransfer] = [:]
        while true {
            let news = inbox.withLock { inbox in
                defer {
                    inbox.started = []
                    inbox.hasCancelled = false
                }
                return inbox
            }
            if news.isEnded { break }
            for transfer in news.started {
                running[transfer.handle] = transfer
                curl_multi_add_handle(transfers, transfer.handle)
            }
            if news.hasCancelled || !news.started.isEmpty {
                for transfer in running.values where transfer.isCancelled.load(ordering: .acquiring) {
                    finish(transfer, of: &running) { $0.end(throwing: CancellationError()) }
                }
            }
            var count: Int32 = 0
            curl_multi_perform(transfers, &count)
            while let message = curl_multi_info_read(transfers, &count) {
                let result = message.pointee.data.result
                guard message.pointee.msg == CURLMSG_DONE, let transfer = running[message.pointee.easy_handle] else {
                    continue
                }
                finish(transfer, of: &running) { $0.end(result) }
            }
            curl_multi_poll(transfers, nil, 0, 10_000, nil)
        }
        curl_multi_cleanup(transfers)
    }

    private func finish(
        _ transfer: HTTPTransfer, of running: inout [UnsafeMutableRawPointer: HTTPTransfer],
        _ end: (HTTPTransfer) -> Void
    ) {
        curl_multi_remove_handle(transfers, transfer.handle)
        running[transfer.handle] = nil
        end(transfer)
    }
}
