import { Link } from "react-router";
import classes from "./Shell.module.css";

export function Brand() {
  return (
    <Link to="/" className={classes.brand}>
      <img src="/favicon.svg" width={20} height={20} alt="" />
      Flowdeck
    </Link>
  );
}
