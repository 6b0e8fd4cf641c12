"""The socket: many sessions' events over one connection."""

from urllib.parse import quote

import structlog
from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected

from flowdeck.api.dependencies import Acting, WebSocketServiceDep
from flowdeck.api.language import preferred_language
from flowdeck.errors.sockets import SocketMessageInvalid

_log = structlog.get_logger(__name__)

router = APIRouter()


@router.websocket("/ws/{client_id}")
async def follow_sessions(socket: WebSocket, client_id: str, service: WebSocketServiceDep, scope: Acting) -> None:
    """Answers `subscribe`, `unsubscribe` and `ping`, and sends the events of the subscribed sessions.

    `client_id` is a label: two sockets with the same one have nothing in common.
    """

    async def send(text: str) -> None:
        try:
            await socket.send_text(text)
        except (WebSocketDisconnect, WebSocketDisconnected) as error:
            raise ConnectionResetError from error

    language = preferred_language(socket.headers.get("accept-language"))
    connection = service.connect(scope, send, language=language)
    await socket.accept()
    _log.info("socket_opened", connection_id=connection.connection_id, client_id=quote(client_id[:64]))
    try:
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            text = message.get("text")
            if text is None:
                await connection.refuse(SocketMessageInvalid(reason="send text, not binary"))
            else:
                await connection.receive(text)
    except ConnectionError:
        return  # it broke while a response was sent
    finally:
        await connection.close()
